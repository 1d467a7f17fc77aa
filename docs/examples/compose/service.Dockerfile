# The reference service, for compose.yaml alone: its packages are not pinned, and a tool for its log lines is beside it.
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON}
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY catalog catalog
COPY service service
RUN pip install --root-user-action=ignore '.[service]' && rm -r /build/*
COPY docs/examples/compose/runtime_lines.py docs/examples/compose/ask.py /opt/
ENV LOG_FILE=/var/log/containers/payment-service-0_payment-service_payment-service-0.log
RUN mkdir /var/log/containers && chown 65532:65532 /var/log/containers
WORKDIR /tmp
USER 65532:65532
