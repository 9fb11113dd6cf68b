# The image of aicost, in two stages:
#   build    makes a virtual environment from uv.lock; every download is checked against a hash: uv by the two below,
#            everything else, the build backend included, by uv.lock;
#   runtime  is the same base with nothing but that environment: no pip cache, no uv, no compiler, no source tree.
# Nothing is read at build time but the files named in COPY; .dockerignore lets no others in.
#
#   docker build -t aicost:0.1.0 .
#
# A tag can move. For a release give the base by its digest:
#   docker build --build-arg BASE=docker.io/library/python:3.13-slim@$(docker buildx imagetools inspect \
#     docker.io/library/python:3.13-slim --format '{{.Manifest.Digest}}') -t aicost:0.1.0 .
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
ENV UV_FROZEN=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/aicost
WORKDIR /src
RUN echo 'uv==0.13.9 --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 --hash=sha256:5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe' > /tmp/uv.txt \
    && python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary=:all: -r /tmp/uv.txt
# The packages change less often than the source: they are a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --no-dev --group build --no-install-project
COPY operator operator
RUN uv sync --no-dev --group build --no-build-isolation --no-editable
# What only the build needed goes.
RUN uv sync --no-dev --no-build-isolation --no-editable

FROM ${BASE} AS runtime
LABEL org.opencontainers.image.title="aicost" \
      org.opencontainers.image.description="Exact cost of AI workloads on Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
# SAFEPATH: the working directory is never imported from. The file system is read-only, so bytecode comes compiled.
ENV PATH=/opt/aicost/bin:$PATH PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN groupadd --gid 10001 aicost \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin aicost \
    && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/aicost
COPY --from=build /opt/aicost /opt/aicost
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/aicost
EXPOSE 8080
ENTRYPOINT ["aicost"]
CMD ["run"]
