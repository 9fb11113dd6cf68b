{{- /* The operator's settings: AICOST_ and a field of aicost.settings.Settings. */ -}}
{{- define "aicost.environment" -}}
- {name: PYTHONSAFEPATH, value: "1"}
- {name: AICOST_NAMESPACE, value: {{ .Release.Namespace | quote }}}
- {name: AICOST_CREDENTIAL_NAMESPACE, value: {{ include "aicost.credentialNamespace" . | quote }}}
- {name: AICOST_CLUSTER, value: {{ .Values.clusterName | quote }}}
- {name: AICOST_LOG_LEVEL, value: {{ .Values.logLevel | quote }}}
- {name: AICOST_ALLOWED_HOSTS, value: {{ join "," .Values.allowedHosts | quote }}}
{{- if .Values.ledger.urlSecret }}
- name: AICOST_LEDGER_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.ledger.urlSecret }}, key: {{ .Values.ledger.urlKey | quote }}}}
{{- if .Values.ledger.caSecret }}
- {name: PGSSLMODE, value: verify-full}
- {name: PGSSLROOTCERT, value: /etc/aicost/ledger-ca/ca.crt}
{{- end }}
{{- else }}
- {name: AICOST_LEDGER_URL, value: "sqlite:////var/lib/aicost/ledger.db"}
{{- end }}
- {name: AICOST_PROBES_PORT, value: "8080"}
- {name: AICOST_PROMETHEUS_URL, value: {{ .Values.prometheus.url | quote }}}
- {name: AICOST_PROMETHEUS_TIMEOUT, value: {{ .Values.prometheus.timeoutSeconds | quote }}}
- {name: AICOST_SAMPLE_INTERVAL, value: {{ .Values.prometheus.scrapeIntervalSeconds | quote }}}
- {name: AICOST_KUBE_STATE_METRICS_MATCHERS, value: {{ include "aicost.matchers" .Values.prometheus.kubeStateMetricsMatchers | quote }}}
- {name: AICOST_DCGM_MATCHERS, value: {{ include "aicost.matchers" .Values.prometheus.dcgmMatchers | quote }}}
- {name: AICOST_CADVISOR_MATCHERS, value: {{ include "aicost.matchers" .Values.prometheus.cadvisorMatchers | quote }}}
- {name: AICOST_CYCLE, value: {{ .Values.evaluation.cycleSeconds | quote }}}
- {name: AICOST_DATA_STEP, value: {{ .Values.evaluation.dataStepSeconds | quote }}}
- {name: AICOST_LATENESS, value: {{ .Values.evaluation.latenessSeconds | quote }}}
- {name: AICOST_CLOSE_DAY, value: {{ .Values.evaluation.closeDay | quote }}}
- {name: AICOST_BACKUPS, value: {{ .Values.persistence.backups | quote }}}
- {name: AICOST_ADVICE_DAYS, value: {{ .Values.evaluation.adviceDays | quote }}}
- {name: AICOST_RESYNC, value: {{ .Values.evaluation.resyncSeconds | quote }}}
- {name: AICOST_STATUS_INTERVAL, value: {{ .Values.status.intervalSeconds | quote }}}
- {name: AICOST_WRITES_PER_SECOND, value: {{ .Values.status.writesPerSecond | quote }}}
- {name: AICOST_BILL_POLL, value: {{ .Values.bills.pollSeconds | quote }}}
- {name: AICOST_BILL_DAYS, value: {{ .Values.bills.days | quote }}}
- {name: AICOST_BILL_SETTLES_AFTER, value: {{ .Values.bills.settlesAfterHours | quote }}}
{{- end }}

{{- /* A map of labels as the operator reads it: label=value,label=value. */ -}}
{{- define "aicost.matchers" -}}
{{- $pairs := list -}}
{{- range $label, $value := . }}{{ $pairs = append $pairs (printf "%s=%s" $label $value) }}{{ end -}}
{{- join "," $pairs -}}
{{- end }}
