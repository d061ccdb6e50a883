{{- define "deepseek.edgeContainer" -}}
command: [nginx, -c, /etc/nginx/platform/nginx.conf, -e, /dev/stderr, -g, daemon off;]
ports:
  - {name: https, containerPort: 8443}
  - {name: probe, containerPort: 8081}
readinessProbe:
  httpGet: {path: /healthz, port: probe}
  periodSeconds: 5
  failureThreshold: 3
  timeoutSeconds: 3
livenessProbe:
  # A node that is busy with other things is no reason to restart.
  httpGet: {path: /healthz, port: probe}
  periodSeconds: 10
  failureThreshold: 6
  timeoutSeconds: 10
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: configuration, mountPath: /etc/nginx/platform, readOnly: true}
  - {name: tls, mountPath: /etc/nginx/tls, readOnly: true}
{{- end }}
