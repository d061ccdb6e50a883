package platform.deepseek.operator.desired;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import platform.deepseek.operator.fit.GpuClass;
import platform.deepseek.operator.resource.EngineType;

/**
 * What an administrator configured.
 *
 * @param images image of each engine where a resource names none
 * @param downloadImage image of the download Job
 * @param hubAddress a mirror that hf:// is fetched from instead of the public hub, if there is one
 * @param gpuClasses by the name that resources use
 * @param platformNamespace namespace of the platform's own services, which pods may reach
 * @param monitoringNamespace namespace of the Prometheus that reads pods' metrics, if not that one
 * @param services where the Native engine finds them
 * @param prometheusAddress where KEDA asks, if there is a Prometheus
 * @param webhookHosts hosts that rules may send to
 * @param logFormat of the Native engine
 */
public record Settings(
    Map<EngineType, String> images,
    String downloadImage,
    Optional<String> hubAddress,
    Map<String, GpuClass> gpuClasses,
    String platformNamespace,
    Optional<String> monitoringNamespace,
    PlatformServices services,
    Optional<String> prometheusAddress,
    List<String> webhookHosts,
    LogFormat logFormat) {}
