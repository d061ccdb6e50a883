package platform.deepseek.operator.preflight;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import platform.deepseek.operator.fit.FitCheck;
import platform.deepseek.operator.fit.GpuClass;
import platform.deepseek.operator.resource.ConditionType;
import platform.deepseek.operator.resource.DeepSeekDeploymentSpec;
import platform.deepseek.operator.resource.QuotaMode;
import platform.deepseek.operator.resource.QuotaStatus;
import platform.deepseek.operator.resource.Reason;
import platform.deepseek.operator.status.Finding;

/**
 * Whether the replicas that are still to be made fit into the namespace's quotas.
 *
 * <p>Of extended resources Kubernetes counts only names that begin with "requests."; it accepts
 * nvidia.com/gpu or limits.nvidia.com/gpu in a quota and never looks at them, so those are named.
 */
final class QuotaCheck {

  private QuotaCheck() {}

  record Outcome(Finding finding, QuotaStatus numbers, boolean roomForOneMore) {}

  static Outcome of(
      DeepSeekDeploymentSpec spec,
      List<ResourceQuota> quotas,
      Optional<GpuClass> gpuClass,
      int missing) {
    if (spec.quota().mode() == QuotaMode.OFF || quotas.isEmpty()) {
      return new Outcome(
          Finding.yes(
              ConditionType.QUOTA_AVAILABLE,
              Reason.NOT_LIMITED,
              quotas.isEmpty() ? "the namespace has no quota" : "quota.mode is Off"),
          null,
          true);
    }
    var unenforced =
        quotas.stream()
            .flatMap(quota -> neverEnforced(hard(quota).keySet()).stream())
            .distinct()
            .sorted()
            .toList();
    var perReplica = perReplica(spec, gpuClass);
    var lines = quotas.stream().flatMap(quota -> lines(quota, perReplica, missing)).toList();
    var tightest =
        lines.stream()
            .filter(line -> !line.fits())
            .findFirst()
            .or(() -> lines.stream().findFirst());
    var numbers = tightest.map(line -> line.numbers(unenforced)).orElse(none(unenforced));
    var roomForOneMore = lines.stream().allMatch(Line::roomForOneMore);
    var warning =
        unenforced.isEmpty()
            ? ""
            : "; %s in this namespace's quota is never enforced by Kubernetes, use requests.nvidia.com/gpu"
                .formatted(String.join(", ", unenforced));
    var finding =
        tightest
            .filter(line -> !line.fits())
            .map(
                line ->
                    Finding.no(
                        ConditionType.QUOTA_AVAILABLE,
                        Reason.EXCEEDED,
                        line.sentence(missing) + warning))
            .orElseGet(
                () ->
                    Finding.yes(
                        ConditionType.QUOTA_AVAILABLE,
                        roomForOneMore ? Reason.FITS : Reason.SURGE_EXCEEDS,
                        (roomForOneMore
                                ? "the quota has room"
                                : "the quota has no room for one more replica, so rollouts stop one before they start one")
                            + warning));
    return new Outcome(finding, numbers, roomForOneMore);
  }

  private static QuotaStatus none(List<String> unenforced) {
    return unenforced.isEmpty() ? null : new QuotaStatus(null, null, null, null, true, unenforced);
  }

  static List<String> neverEnforced(Iterable<String> names) {
    return StreamSupport.stream(names.spliterator(), false)
        .filter(name -> name.contains("nvidia.com/") || name.contains("amd.com/"))
        .filter(name -> !name.startsWith("requests."))
        .toList();
  }

  private static Map<String, BigDecimal> perReplica(
      DeepSeekDeploymentSpec spec, Optional<GpuClass> gpuClass) {
    var nodes = BigDecimal.valueOf(spec.topology().nodesPerReplica());
    var needs = new LinkedHashMap<String, BigDecimal>();
    if (spec.gpu() != null && gpuClass.isPresent()) {
      needs.put(
          "requests." + FitCheck.resourceName(spec.gpu(), gpuClass.get()),
          BigDecimal.valueOf(spec.gpu().count()).multiply(nodes));
    }
    if (spec.engine().resources() != null && spec.engine().resources().getRequests() != null) {
      spec.engine()
          .resources()
          .getRequests()
          .forEach(
              (name, quantity) ->
                  needs.put("requests." + name, quantity.getNumericalAmount().multiply(nodes)));
    }
    needs.put("pods", nodes);
    return needs;
  }

  private static Stream<Line> lines(
      ResourceQuota quota, Map<String, BigDecimal> perReplica, int missing) {
    var lines = new ArrayList<Line>();
    var used =
        quota.getStatus() == null || quota.getStatus().getUsed() == null
            ? Map.<String, Quantity>of()
            : quota.getStatus().getUsed();
    hard(quota)
        .forEach(
            (name, limit) -> {
              var need = perReplica.get(name);
              if (need != null) {
                lines.add(
                    new Line(
                        quota.getMetadata().getName(),
                        name,
                        limit.getNumericalAmount(),
                        used.getOrDefault(name, new Quantity("0")).getNumericalAmount(),
                        need.multiply(BigDecimal.valueOf(missing)),
                        need));
              }
            });
    return lines.stream();
  }

  private static Map<String, Quantity> hard(ResourceQuota quota) {
    return quota.getSpec() == null || quota.getSpec().getHard() == null
        ? Map.of()
        : quota.getSpec().getHard();
  }

  private record Line(
      String quota,
      String name,
      BigDecimal hard,
      BigDecimal used,
      BigDecimal needed,
      BigDecimal one) {

    boolean fits() {
      return used.add(needed).compareTo(hard) <= 0;
    }

    boolean roomForOneMore() {
      return used.add(needed).add(one).compareTo(hard) <= 0;
    }

    QuotaStatus numbers(List<String> unenforced) {
      return new QuotaStatus(
          name,
          hard.toPlainString(),
          used.toPlainString(),
          needed.toPlainString(),
          fits(),
          unenforced.isEmpty() ? null : unenforced);
    }

    String sentence(int missing) {
      return "quota %s allows %s %s, %s are used and %d more replica(s) need %s; raise the quota or lower replicas"
          .formatted(
              quota,
              hard.toPlainString(),
              name,
              used.toPlainString(),
              missing,
              needed.toPlainString());
    }
  }
}
