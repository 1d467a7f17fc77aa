# Fluentd with the plugins that the generated configurations name (logging/fluentd.Gemfile). From the root of the repository,
# by BuildKit, which reads fluentd.Dockerfile.dockerignore beside this file:
#
#   docker build -f logging/fluentd.Dockerfile --build-arg VERSION=v0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" \
#     -t your-registry/fluentd:v0.1.0 .
#
# Fluentd and its plugins are fixed by version; what these need, Bundler chooses when the image is built. 'bundle lock
# --add-checksums' beside the Gemfile fixes that too: copy Gemfile.lock as well, and set BUNDLE_FROZEN=true.
#
# It writes to /tmp and to /var/log, where positions and buffers are: --read-only, --cap-drop=ALL and
# --security-opt=no-new-privileges take nothing else away from it. On a node it runs as root, who owns the log files there.

ARG RUBY=3.3-slim-bookworm

FROM ruby:${RUBY} AS installation
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends build-essential \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY logging/fluentd.Gemfile Gemfile
RUN bundle install

FROM ruby:${RUBY} AS fluentd
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="fluentd" \
      org.opencontainers.image.description="Fluentd for the logs of a payment service" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=installation /usr/local/bundle /usr/local/bundle
# Else each thread's memory falls apart by itself, and the process grows beyond what it holds.
ENV MALLOC_ARENA_MAX=2
WORKDIR /tmp
USER 65532:65532
EXPOSE 24224 24231
ENTRYPOINT ["/usr/local/bundle/bin/fluentd"]
CMD ["--config=/fluentd/etc/fluent.conf", "--strict-config-value"]
