{{- define "deepseek.refuse" }}{{ fail (printf "\n\n%s\n" .) }}{{ end }}
