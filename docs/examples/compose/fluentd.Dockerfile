# Fluentd with the plugins that the generated configuration names, in the versions that the linter knows.
FROM fluent/fluentd:v1.16-debian-1
USER root
RUN apt-get update \
 && apt-get install --yes --no-install-recommends build-essential ruby-dev \
 && gem install --no-document --version 6.0.0 fluent-plugin-elasticsearch \
 && gem install --no-document --version 2.6.2 fluent-plugin-concat \
 && gem install --no-document --version 2.2.1 fluent-plugin-record-modifier \
 && gem install --no-document --version 1.1.0 fluent-plugin-multi-format-parser \
 && gem install --no-document --version 2.4.0 fluent-plugin-rewrite-tag-filter \
 && gem install --no-document --version 2.2.2 fluent-plugin-prometheus \
 && apt-get purge --yes --auto-remove build-essential ruby-dev \
 && rm -rf /var/lib/apt/lists/*
