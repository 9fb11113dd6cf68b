{{- define "aicost.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "aicost.fullname" -}}
{{- $name := include "aicost.name" . }}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- .Values.fullnameOverride | default $whole | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "aicost.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "aicost.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{- define "aicost.credentialNamespace" -}}
{{- .Values.credentials.namespace | default .Release.Namespace }}
{{- end }}

{{- define "aicost.image" -}}
{{- if eq .Values.image.tag "latest" }}{{ fail "image.tag: latest is another image every day: name a version, or a digest" }}{{ end -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "aicost.selector" -}}
app.kubernetes.io/name: {{ include "aicost.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "aicost.labels" -}}
{{ include "aicost.selector" . }}
{{ include "aicost.everywhere" . }}
{{- end }}

{{- /* The agent's pods are none of the operator's: its Service must not find them. */ -}}
{{- define "aicost.agentSelector" -}}
app.kubernetes.io/name: {{ include "aicost.name" . }}-agent
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "aicost.agentLabels" -}}
{{ include "aicost.agentSelector" . }}
{{ include "aicost.everywhere" . }}
{{- end }}

{{- define "aicost.everywhere" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
