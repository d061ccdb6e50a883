package platform.deepseek.operator.live;

/** Resources that tests apply, as a person would write them. */
final class Resources {

  private static final String HEAD =
      """
      apiVersion: deepseek.platform/v1alpha1
      kind: DeepSeekDeployment
      """;

  private Resources() {}

  /** A small model on CPUs out of a claim that exists: nothing to download, Ready at once. */
  static String small(String name, String... more) {
    return HEAD
        + """
        metadata: {name: %s}
        spec:
          model:
            name: SmolLM2-135M-Instruct
            source: {uri: "pvc://models/smollm2"}
          engine: {resources: {requests: {cpu: 100m, memory: 64Mi}}}
        """
            .formatted(name)
        + indented(more);
  }

  /** A model on CPUs, downloaded first. */
  static String downloaded(String name, String... more) {
    return small(name, more)
        .replace("pvc://models/smollm2", "hf://HuggingFaceTB/SmolLM2-135M-Instruct");
  }

  /** A model on two GPUs, downloaded first. */
  static String onGpus(String name, String... more) {
    return HEAD
        + """
        metadata: {name: %s}
        spec:
          model:
            name: DeepSeek-R1-Distill-Qwen-7B
            source: {uri: "hf://deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"}
          gpu: {class: H200, count: 2}
          topology: {data: 2}
        """
            .formatted(name)
        + indented(more);
  }

  /** The same resource under the care of a test's own operator. */
  static String own(String resource) {
    return resource.replaceFirst(
        "metadata: \\{name: ([^}]+)}",
        "metadata: {name: $1, labels: {" + RunningOperator.OWN + ": \"\"}}");
  }

  private static String indented(String... lines) {
    var text = new StringBuilder();
    for (var line : lines) {
      line.lines().forEach(one -> text.append("  ").append(one).append('\n'));
    }
    return text.toString();
  }
}
