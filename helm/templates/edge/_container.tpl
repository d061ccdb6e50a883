{{- define "deepseek.edgeContainer" -}}
command: [nginx, -c, /etc/nginx/platform/nginx.conf, -e, /dev/stderr, -g, daemon off;]
ports:
  - {name: https, containerPort: 8443}
  - {name: probe, containerPort: 8081}
readinessProbe:
  httpGet: {path: /healthz, port: probe}
  periodSeconds: 5
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: probe}
  periodSeconds: 10
  failureThreshold: 6
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: configuration, mountPath: /etc/nginx/platform, readOnly: true}
  - {name: tls, mountPath: /etc/nginx/tls, readOnly: true}
{{- end }}
