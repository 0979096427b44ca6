{{- define "groundwire.labels" -}}
app.kubernetes.io/name: groundwire
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .role }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "groundwire.selector" -}}
app.kubernetes.io/name: groundwire
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .role }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "groundwire.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "groundwire.environment" -}}
- name: GROUNDWIRE_ROLE
  value: {{ .role }}
- name: GROUNDWIRE_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .root.Values.existingSecret }}, key: {{ .root.Values.secretKeys.databaseUrl }}}}
- name: GROUNDWIRE_API_KEY
  valueFrom: {secretKeyRef: {name: {{ .root.Values.existingSecret }}, key: {{ .root.Values.secretKeys.apiKey }}}}
{{- if and (eq .role "receiver") (not (hasKey .root.Values.settings "open_metrics")) }}
- name: GROUNDWIRE_OPEN_METRICS  # the readiness probe has no key; the network policy says who asks
  value: "true"
{{- end }}
{{- range $name, $value := .root.Values.settings }}
- name: GROUNDWIRE_{{ upper $name }}
  value: {{ $value | quote }}
{{- end }}
{{- with .root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "groundwire.pod" -}}
metadata:
  labels:
    {{- include "groundwire.labels" . | nindent 4 }}
  {{- with .root.Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 30
  securityContext:
    runAsNonRoot: true
    runAsUser: 10318
    runAsGroup: 10318
    fsGroup: 10318
    seccompProfile: {type: RuntimeDefault}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "groundwire.selector" . | nindent 10 }}
  {{- range $key := list "nodeSelector" "tolerations" "affinity" }}
  {{- with index $.root.Values $key }}
  {{ $key }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  volumes:
    - name: data
      emptyDir: {}
    - name: tmp
      emptyDir: {}
  containers:
    - name: {{ .role }}
      image: {{ include "groundwire.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      resources:
        {{- toYaml (index .root.Values .role).resources | nindent 8 }}
      volumeMounts:
        - {name: data, mountPath: /var/lib/groundwire}
        - {name: tmp, mountPath: /tmp}
      env:
        {{- include "groundwire.environment" . | nindent 8 }}
{{- end }}
