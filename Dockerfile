# One image for the web server, the control worker and the workers. docs/operations.md tells how it is built and run.

FROM node:24-slim AS frontend
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim AS app
# An index of CPU wheels of torch makes a small image; without it pip installs the build with CUDA.
ARG PIP_EXTRA_INDEX_URL=""
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONUNBUFFERED=1 \
    NASWEB_STATE_DIR=/var/lib/nasweb
RUN groupadd --gid 10001 nasweb \
 && useradd --uid 10001 --gid 10001 --create-home nasweb \
 && install -d -o nasweb -g nasweb -m 750 /var/lib/nasweb
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install -r requirements.txt -c constraints.txt
COPY manage.py ./
COPY nas/ nas/
COPY apps/ apps/
COPY tasks/ tasks/
COPY nasweb/ nasweb/
COPY locale/ locale/
COPY docs/methods/ docs/methods/
COPY docs/images/ docs/images/
COPY frontend/templates/ frontend/templates/
COPY --from=frontend /src/frontend/dist frontend/dist
USER nasweb
VOLUME /var/lib/nasweb
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "nasweb.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--ws-max-size", "65536", "--timeout-graceful-shutdown", "10", "--no-server-header"]
