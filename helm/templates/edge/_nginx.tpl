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
  {{- if .Values.exposure.verify }}
  map $auth_status $challenge { default ""; 401 Bearer; }
  {{- end }}
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
    {{- include "deepseek.believed" (dict) | nindent 4 }}

    # Streams: nothing is held back.
    proxy_buffering off;
    proxy_connect_timeout 5s;
    proxy_read_timeout 1h;
    proxy_send_timeout 60s;

    set $model http://{{ .Values.exposure.model }}.{{ .Values.exposure.modelNamespace | default .Release.Namespace }}.svc.{{ .Values.clusterDomain }};
    set $auth {{ include "deepseek.address" (list . "auth-service" 8082) }};

    location = / { return 404; }
    {{- if .Values.exposure.verify }}
    {{- include "deepseek.verified" . | nindent 4 }}
    {{- else }}
    location / { proxy_pass $model; }
    {{- end }}
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

{{/* Headers of a request as they go on; of a dict: identity, whether auth-service has told whose it is. */}}
{{- define "deepseek.believed" -}}
proxy_set_header Connection close;
proxy_set_header Host $host;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto https;
proxy_set_header X-Forwarded-Uri "";
proxy_set_header X-Forwarded-Method "";
proxy_set_header X-Original-URI {{ ternary "$request_uri" "\"\"" (.asks | default false) }};
proxy_set_header X-Original-Method {{ ternary "$request_method" "\"\"" (.asks | default false) }};
proxy_set_header Forwarded "";
proxy_set_header traceparent $traceparent;
proxy_set_header X-Deepseek-Service-Key "";
{{- range list "tenant" "user" "role" "credential" }}
proxy_set_header X-Auth-{{ title . }} {{ ternary (printf "$auth_%s" .) "\"\"" ($.identity | default false) }};
{{- end }}
{{- end -}}

{{/*
A model whose engine asks nobody (vLLM, SGLang with auth.mode None): the edge asks auth-service, and the key stays here.
auth_request makes a 500 of any status but 401 and 403. One request is counted and no token: nobody tells how many.
*/}}
{{- define "deepseek.verified" -}}
location / {
  auth_request /_verify;
  auth_request_set $auth_status $upstream_status;
  auth_request_set $auth_again $upstream_http_retry_after;
  {{- range list "tenant" "user" "role" "credential" }}
  auth_request_set $auth_{{ . }} $upstream_http_x_auth_{{ . }};
  {{- end }}
  {{- include "deepseek.believed" (dict "identity" true) | nindent 2 }}
  proxy_set_header Authorization "";
  proxy_set_header X-Api-Key "";
  proxy_set_header Api-Key "";
  error_page 401 403 500 = @refused;
  proxy_pass $model;
}
location = /health { proxy_pass $model; }
location = /_verify {
  internal;
  proxy_pass_request_body off;
  proxy_read_timeout 10s;
  {{- include "deepseek.believed" (dict "asks" true) | nindent 2 }}
  proxy_set_header Content-Length "";
  proxy_set_header Transfer-Encoding "";
  proxy_pass $auth/verify;
}
location @refused {
  default_type application/json;
  add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
  add_header X-Content-Type-Options nosniff always;
  add_header WWW-Authenticate $challenge always;
  add_header Retry-After $auth_again always;
  if ($auth_status = 401) {
    return 401 '{"error":{"message":"No key, or a wrong one. Send Authorization: Bearer KEY.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}';
  }
  if ($auth_status = 403) {
    return 403 '{"error":{"message":"The key may not ask for this. Use another key.","type":"invalid_request_error","param":null,"code":"permission_denied"}}';
  }
  if ($auth_status = 429) {
    return 429 '{"error":{"message":"A limit is reached. Try again after the time in Retry-After.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}';
  }
  return 503 '{"error":{"message":"It cannot be checked who asks, so nobody is let in. Try again in a few seconds.","type":"server_error","param":null,"code":"authorization_unavailable"}}';
}
{{- end -}}

{{/* What auth-service answers of what comes from outside. */}}
{{- define "deepseek.authPaths" -}}
{{- $paths := list "/oauth2/token" "/oauth2/jwks" "/oauth2/revoke" "/.well-known/oauth-authorization-server" -}}
{{- if .Values.exposure.admin }}{{ $paths = concat $paths (list "/v1/admin/" "/logs") }}{{ end -}}
{{- toJson $paths -}}
{{- end -}}
