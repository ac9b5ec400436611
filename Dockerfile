# The builder makes a virtual environment with Matinee in it; the image proper gets only that.
# Node comes from the package index as a build dependency of the page, so one base image is enough.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder
# pip reads these: an index that has CPU builds of torch makes the image several gigabytes smaller.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY constraints.txt ./
# torch in a layer of its own: it is most of the download and changes least.
RUN python -m venv /opt/matinee \
    && /opt/matinee/bin/pip install --quiet -c constraints.txt pip \
    && /opt/matinee/bin/pip install --quiet -c constraints.txt torch
# What the presets need besides CartPole's; empty for none. ale-py, in `all` and `atari`, is GPL-2.0.
ARG EXTRAS=all
COPY . .
RUN /opt/matinee/bin/pip install --quiet -c constraints.txt --build-constraint constraints.txt \
    ".${EXTRAS:+[$EXTRAS]}"

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin matinee \
    && install -d -o matinee -g matinee -m 0700 /data
ENV PATH=/opt/matinee/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MATINEE_DATA_DIR=/data
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
# --insecure: inside the container every interface must be listened on; what the port is published
# to decides who can reach it. docker-compose.yml publishes to 127.0.0.1 only.
CMD ["matinee", "serve", "--host", "0.0.0.0", "--port", "8000", "--no-open", "--insecure"]
USER 10001:10001
# Last, because it is large and all that changes between versions.
COPY --from=builder /opt/matinee /opt/matinee
