{{/*
One file for nginx. Three things hold upgrades together:
- No connection to a Service is kept: each request opens one, so it goes to a pod that is in the endpoints
  now. A kept connection to a pod that ends breaks the request that is sent into its end.
- Where a model is, is asked of the cluster's DNS while running: it may come after the edge.
- The certificate is read at each handshake (its path has a variable), so that a renewed one needs no restart.
*/}}
{{- define "deepseek.nginx" -}}
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr warn;
worker_shutdown_timeout {{ .Values.edge.drainSeconds }}s;
events { worker_connections 4096; }
http {
  # A request that brings no trace (W3C Trace Context) begins one here; its id is the request's own.
  map $request_id $span { default 0000000000000001; "~^(?<half>[0-9a-f]{16})" $half; }
  map $http_traceparent $traceparent {
    default "00-$request_id-$span-01";
    "~^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$" $http_traceparent;
  }
  map $traceparent $trace { default ""; "~^[0-9a-f]{2}-(?<id>[0-9a-f]{32})-" $id; }
  # No query strings and no credentials: the fields of deploy/edge's log.
  log_format json escape=json '{"@timestamp":"$time_iso8601","service":"edge","level":"INFO","client":"$remote_addr",'
    '"method":"$request_method","path":"$uri","status":$status,"bytes":$body_bytes_sent,"seconds":$request_time,'
    '"firstByte":"$upstream_header_time","upstream":"$upstream_addr","traceId":"$trace","requestId":"$request_id"}';
  access_log /dev/stdout json;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  default_type application/octet-stream;
  resolver {{ .Values.edge.resolver }} valid=10s ipv6=off;
  resolver_timeout 5s;
  limit_req_zone $binary_remote_addr zone=addresses:10m rate={{ .Values.edge.requestsPerSecond }}r/s;
  limit_req_status 429;
  map $ssl_server_name $certificate { default /etc/nginx/tls/tls; }

  server { # probes
    listen 8081;
    access_log off;
    location = /healthz { return 200; }
    location / { return 404; }
  }

  server {
    listen 8443 ssl http2;
    ssl_protocols TLSv1.3;
    ssl_certificate $certificate.crt;
    ssl_certificate_key $certificate.key;
    ssl_session_cache shared:tls:10m;
    ssl_session_tickets off;
    merge_slashes off;
    underscores_in_headers off;
    client_max_body_size {{ .Values.edge.bodySize }};
    client_body_buffer_size 1m;
    client_header_timeout 15s;
    client_body_timeout 60s;
    limit_req zone=addresses burst={{ .Values.edge.burst }} nodelay;
    add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
    add_header X-Content-Type-Options nosniff always;

    # What is believed about a request is written here; a client's own copies go no further.
    proxy_http_version 1.1;
    proxy_set_header Connection close;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-Uri "";
    proxy_set_header X-Forwarded-Method "";
    proxy_set_header X-Original-URI "";
    proxy_set_header X-Original-Method "";
    proxy_set_header Forwarded "";
    proxy_set_header traceparent $traceparent;
    proxy_set_header X-Deepseek-Service-Key "";
    proxy_set_header X-Auth-Tenant "";
    proxy_set_header X-Auth-User "";
    proxy_set_header X-Auth-Role "";
    proxy_set_header X-Auth-Credential "";

    # Streams: nothing is held back.
    proxy_buffering off;
    proxy_connect_timeout 5s;
    proxy_read_timeout 1h;
    proxy_send_timeout 60s;

    set $model http://{{ .Values.exposure.model }}.{{ .Values.exposure.modelNamespace | default .Release.Namespace }}.svc.{{ .Values.clusterDomain }};
    set $auth {{ include "deepseek.address" (list . "auth-service" 8082) }};

    location = / { return 404; }
    location / { proxy_pass $model; }
    {{- range include "deepseek.authPaths" . | fromJsonArray }}
    location ^~ {{ . }} { proxy_pass $auth; }
    {{- end }}
    # Never from outside: what services ask of each other.
    {{- range list "/v1/decisions" "/v1/settlements" "/v1/renewals" "/v1/balances" "/v1/prompts" "/verify" "/q/" }}
    location ^~ {{ . }} { return 404; }
    {{- end }}
  }
}
{{- end -}}

{{/* What auth-service answers of what comes from outside. */}}
{{- define "deepseek.authPaths" -}}
{{- $paths := list "/oauth2/token" "/oauth2/jwks" "/oauth2/revoke" "/.well-known/oauth-authorization-server" -}}
{{- if .Values.exposure.admin }}{{ $paths = concat $paths (list "/v1/admin/" "/logs") }}{{ end -}}
{{- toJson $paths -}}
{{- end -}}
