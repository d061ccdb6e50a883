{{- define "deepseek.models" }}
- namespaceSelector:
    matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }}}]
  podSelector:
    matchLabels: {app.kubernetes.io/managed-by: deepseek-operator, app.kubernetes.io/component: server}
{{- end }}

{{- define "deepseek.pods" }}
- podSelector:
    matchLabels:
      {{- include "deepseek.selector" . | nindent 6 }}
{{- end }}

{{- define "deepseek.namespace" }}
- namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ . }}}}
{{- end }}

{{- define "deepseek.monitored" }}
- from:
    {{- include "deepseek.namespace" (.Values.networkPolicy.monitoringNamespace | default .Release.Namespace) | trim | nindent 4 }}
{{- end }}

{{- define "deepseek.names" }}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end }}

{{- define "deepseek.outside" }}
- ports: {{ index . 1 }}
  {{- with index . 0 }}
  to:
    {{- range . }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  {{- end }}
{{- end }}

{{- define "deepseek.policy" }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "deepseek.metadata" (list .root .component) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "deepseek.selector" (list .root .component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress: {{- if .ingress }}{{ .ingress | nindent 4 }}{{ else }} []{{ end }}
  egress:
    {{- include "deepseek.names" . | trim | nindent 4 }}
    {{- with .egress }}{{ . | nindent 4 }}{{ end }}
{{- end }}

{{- define "deepseek.tcp" -}}
{{- $ports := list -}}
{{- range . }}{{ $ports = append $ports (printf "{port: %d}" (int .)) }}{{ end -}}
{{- join ", " $ports -}}
{{- end -}}

{{- define "deepseek.redisPorts" -}}
{{- $ports := list -}}
{{- range .hosts }}{{ $ports = append $ports (. | regexFind ":[0-9]+(/|$)" | trimAll ":/" | default "6379" | int) }}{{ end -}}
[{{ include "deepseek.tcp" (uniq $ports) }}]
{{- end -}}
