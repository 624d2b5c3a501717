# The orchestrator and its CLI. Built by deploy/images.sh, which publishes both with their own .NET runtime first.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
# .NET hashes and speaks TLS through OpenSSL. Up to the runtime's copy the .NET images begin alike, so they share these layers.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libssl3 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY runtime/ ./
COPY app/ ./
COPY containers/ ./containers/
# Named volumes mounted at /state and at /state/artefacts take over this owner.
RUN ln -s /app/orch /usr/local/bin/orch && mkdir -p /state/artefacts && chown -R 10001:10001 /state
# Numeric, so that Kubernetes can see that it is not root. To start containers it needs the group of the engine's socket: --group-add, or group_add in compose.
USER 10001:10001
ENV ORCHESTRATOR_QUERY_HOST=0.0.0.0 \
    ORCHESTRATOR_ADMIN_HOST=0.0.0.0 \
    ORCHESTRATOR_STATE=/state \
    DOTNET_EnableDiagnostics=0
VOLUME /state
EXPOSE 1337 1338
STOPSIGNAL SIGTERM
# bash's own TCP: the base has neither curl nor wget. The admin port is moved with ORCHESTRATOR_ADMIN_PORT.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${ORCHESTRATOR_ADMIN_PORT:-1338} && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r -t 2 _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["/app/Orchestrator.Host"]
