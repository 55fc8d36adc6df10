# syntax=docker/dockerfile:1
FROM node:22-bookworm-slim AS pages
WORKDIR /src/ui
COPY ui/package.json ui/package-lock.json ui/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY ui ./
RUN npm run build

FROM golang:1.27-bookworm AS build
ENV GOTOOLCHAIN=auto CGO_ENABLED=0
ARG VERSION=docker
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=pages /src/ui/dist ui/dist
RUN go build -trimpath -tags no_default_driver \
      -ldflags "-s -w -X halotrack.ai/halotrack/cli.Version=${VERSION}" -o /out/halotrack . \
 && mkdir -p /out/data /out/ledger /out/backups /out/key /out/tmp

# Nothing but the program, the certificates of public authorities and the
# folders it may write. Time zones are inside the program.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/halotrack /halotrack
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/ledger /ledger
COPY --from=build --chown=65532:65532 /out/backups /backups
COPY --from=build --chown=65532:65532 /out/key /key
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
ENV HALOTRACK_KEY_FILE=/key/halotrack.key
VOLUME ["/data", "/ledger", "/backups", "/key"]
EXPOSE 8090
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/halotrack", "health", "--dir", "/data"]
ENTRYPOINT ["/halotrack"]
CMD ["serve", "--http", "0.0.0.0:8090", "--dir", "/data"]
