{{- define "deepseek.receiver" }}
- name: {{ .name }}
  slackConfigs:
    - apiURL: {name: {{ .secret }}, key: {{ .name }}-url}
      sendResolved: true
      title: {{ printf "%s{{ .CommonAnnotations.summary }}" .prefix | quote }}
      text: '{{ "{{ range .Alerts }}{{ .Annotations.description }} {{ .Annotations.runbook_url }}{{ \"\\n\" }}{{ end }}" }}'
{{- end }}
