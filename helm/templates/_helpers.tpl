{{/* Begin of every name. */}}
{{- define "deepseek.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Names of what belongs to the cluster: two releases may have one name in two namespaces. */}}
{{- define "deepseek.clusterName" -}}
{{ .Release.Namespace }}-{{ include "deepseek.fullname" . }}
{{- end -}}

{{/* Of (list root component): what selects its pods, and never changes. */}}
{{- define "deepseek.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: deepseek-platform
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Of (list root component). */}}
{{- define "deepseek.labels" -}}
{{- $root := index . 0 -}}
{{ include "deepseek.selector" . }}
app.kubernetes.io/part-of: deepseek-platform
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end -}}

{{/* Of (list root component): metadata of its objects. */}}
{{- define "deepseek.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "deepseek.fullname" $root }}-{{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "deepseek.labels" . | nindent 2 }}
{{- end -}}

{{/* Of (list root name-in-images). Images of this project have no tag of their own in values. */}}
{{- define "deepseek.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.images (index . 1) -}}
{{- with $root.Values.images.registry }}{{ . }}/{{ end -}}
{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Values.images.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{/* Address of a service of this release, of (list root component port). */}}
{{- define "deepseek.address" -}}
{{- $root := index . 0 -}}
http://{{ include "deepseek.fullname" $root }}-{{ index . 1 }}.{{ $root.Release.Namespace }}.svc.{{ $root.Values.clusterDomain }}:{{ index . 2 }}
{{- end -}}

{{/* Names of the three Secrets: yours, or those made here. */}}
{{- define "deepseek.secret" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- get $root.Values.secrets $name | default (printf "%s-%s" (include "deepseek.fullname" $root) $name) -}}
{{- end -}}

{{/* An environment variable out of a Secret: (list variable secret key). */}}
{{- define "deepseek.secretVariable" -}}
- name: {{ index . 0 }}
  valueFrom: {secretKeyRef: {name: {{ index . 1 }}, key: {{ index . 2 }}}}
{{- end -}}

{{/* Changes when a Secret that pods read changes, where the cluster can be asked. */}}
{{- define "deepseek.secretsChecksum" -}}
{{- $root := index . 0 -}}
{{- $data := list -}}
{{- range index . 1 -}}
{{- if . -}}
{{- $found := lookup "v1" "Secret" $root.Release.Namespace . -}}
{{- $data = append $data (get $found "data" | default dict | toJson) -}}
{{- end -}}
{{- end -}}
{{- $data | join "\n" | sha256sum -}}
{{- end -}}

{{- define "deepseek.redisHosts" -}}
{{- $root := index . 0 -}}
{{- $redis := index . 1 -}}
{{- if $redis.hosts }}{{ join "," $redis.hosts }}
{{- else if $root.Values.redis.enabled }}redis://{{ include "deepseek.fullname" $root }}-redis:6379{{ end -}}
{{- end -}}

{{- define "deepseek.redisSecret" -}}
{{- $root := index . 0 -}}
{{- $redis := index . 1 -}}
{{- if $redis.hosts }}{{ $redis.secret }}{{ else if $root.Values.redis.enabled }}{{ $root.Values.redis.secret }}{{ end -}}
{{- end -}}

{{- define "deepseek.databaseUrl" -}}
{{- if .Values.auth.database.url }}{{ .Values.auth.database.url }}
{{- else if .Values.postgresql.enabled }}jdbc:postgresql://{{ include "deepseek.fullname" . }}-postgresql:5432/auth{{ end -}}
{{- end -}}

{{- define "deepseek.databaseSecret" -}}
{{- if .Values.auth.database.url }}{{ .Values.auth.database.secret }}{{ else if .Values.postgresql.enabled }}{{ .Values.postgresql.secret }}{{ end -}}
{{- end -}}

{{/* Most replicas that a component may have. */}}
{{- define "deepseek.most" -}}
{{- if .autoscaling.enabled }}{{ .autoscaling.maxReplicas }}{{ else }}{{ .replicas }}{{ end -}}
{{- end -}}

{{- define "deepseek.fewest" -}}
{{- if (.autoscaling | default dict).enabled }}{{ .autoscaling.minReplicas }}{{ else }}{{ .replicas }}{{ end -}}
{{- end -}}

{{/* Pods keep to the standard "restricted". */}}
{{- define "deepseek.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "deepseek.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/*
A configuration file of a service, mounted and read by its framework. It beats what the program
was built with and is beaten by environment variables, where Secrets are.
*/}}
{{- define "deepseek.properties" -}}
config_ordinal=275
{{- range $key, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{- if ne (toString $value) "" }}
{{ $key }}={{ $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
A Deployment of the platform. Of a dict: root, component, values (replicas, autoscaling, resources,
drainSeconds, nodeSelector, tolerations, affinity), image, checksums, and as texts: container (what is
particular to it), volumes.

A pod that is to end leaves the endpoints at once, and everybody learns of it within moments: so long it
sleeps and answers as before. Then it is asked to end, and ends what it has begun.
*/}}
{{- define "deepseek.deployment" -}}
{{- $root := .root -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "deepseek.metadata" (list $root .component) | nindent 2 }}
spec:
  {{- if not (.values.autoscaling | default dict).enabled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    {{- if .recreate }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
    {{- end }}
  selector:
    matchLabels:
      {{- include "deepseek.selector" (list $root .component) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "deepseek.labels" (list $root .component) | nindent 8 }}
      annotations:
        {{- range $name, $sum := .checksums }}
        checksum/{{ $name }}: {{ $sum }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "deepseek.fullname" $root }}-{{ .component }}
      automountServiceAccountToken: {{ .token | default false }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ add (.values.drainSeconds | default 20) 25 }}
      securityContext:
        {{- include "deepseek.podSecurity" $root | nindent 8 }}
      {{- with $root.Values.images.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- $selector := include "deepseek.selector" (list $root .component) }}
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
        {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ .image }}
          imagePullPolicy: {{ $root.Values.images.pullPolicy }}
          {{- .container | nindent 10 }}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          resources: {{- toYaml .values.resources | nindent 12 }}
          securityContext:
            {{- include "deepseek.containerSecurity" $root | nindent 12 }}
      volumes:
        - {name: tmp, emptyDir: {}}
        {{- .volumes | nindent 8 }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "deepseek.metadata" (list $root .component) | nindent 2 }}
automountServiceAccountToken: false
{{- $autoscaling := .values.autoscaling | default dict }}
{{- if $autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "deepseek.metadata" (list $root .component) | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "deepseek.fullname" $root }}-{{ .component }}}
  minReplicas: {{ $autoscaling.minReplicas }}
  maxReplicas: {{ $autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ $autoscaling.cpu }}}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300}
{{- end }}
{{- if and $root.Values.podDisruptionBudget.enabled (ge (int (include "deepseek.fewest" .values)) 2) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "deepseek.metadata" (list $root .component) | nindent 2 }}
spec:
  maxUnavailable: {{ $root.Values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "deepseek.selector" (list $root .component) | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Container of a service in Java: its ports and probes, its configuration file. Of a dict: root,
values, port, management, environment (text), mounts (text). */}}
{{- define "deepseek.javaContainer" -}}
env:
  - {name: QUARKUS_CONFIG_LOCATIONS, value: /etc/deepseek/application.properties}
  - {name: DEEPSEEK_LOG_FORMAT, value: {{ .root.Values.logFormat }}}
  {{- with .values.javaOptions }}
  - {name: JAVA_TOOL_OPTIONS, value: {{ . | quote }}}
  {{- end }}
  {{- with .environment }}
  {{- . | nindent 2 }}
  {{- end }}
ports:
  {{- with .port }}
  - {name: http, containerPort: {{ . }}}
  {{- end }}
  - {name: management, containerPort: {{ .management }}}
startupProbe:
  httpGet: {path: /q/health/started, port: management}
  periodSeconds: 2
  failureThreshold: 150
  timeoutSeconds: 3
readinessProbe:
  httpGet: {path: /q/health/ready, port: management}
  periodSeconds: 5
  failureThreshold: 3
  timeoutSeconds: 3
livenessProbe:
  # A node that is busy with other things is no reason to restart.
  httpGet: {path: /q/health/live, port: management}
  periodSeconds: 10
  failureThreshold: 6
  timeoutSeconds: 10
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: configuration, mountPath: /etc/deepseek, readOnly: true}
  {{- with .mounts }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Of (list root component properties-dict). */}}
{{- define "deepseek.configuration" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "deepseek.metadata" (list (index . 0) (index . 1)) | nindent 2 }}
data:
  application.properties: |
    {{- include "deepseek.properties" (index . 2) | nindent 4 }}
{{- end -}}

{{/* Of (list root component ports-as-text). */}}
{{- define "deepseek.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "deepseek.metadata" (list (index . 0) (index . 1)) | nindent 2 }}
spec:
  selector:
    {{- include "deepseek.selector" (list (index . 0) (index . 1)) | nindent 4 }}
  ports:
    {{- index . 2 | nindent 4 }}
{{- end -}}
