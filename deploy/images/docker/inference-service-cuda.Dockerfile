# Not built here: no registry with the two base images could be reached. deploy/images/build.sh makes the image that
# is tested; images_test.py holds this file to the same user, ports, volumes, variables and options.
# From the repository's root, after deploy/local/build.sh inference-service and deploy/images/build.sh inference-service-cuda, which
# leaves the libraries in target/images/cuda: docker build -f deploy/images/docker/inference-service-cuda.Dockerfile .
FROM eclipse-temurin:25-jdk AS runtime
ARG MODULES=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.rmi,java.security.jgss,java.security.sasl,java.sql,java.transaction.xa,java.xml,jdk.incubator.vector,jdk.jfr,jdk.management,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs
RUN jlink --add-modules "$MODULES" --no-man-pages --no-header-files --vm server --output /jre

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=runtime /jre /jre
COPY inference-service/target/quarkus-app /app
COPY target/images/cuda /
ENV HOME=/tmp \
    LANG=C.UTF-8 \
    XDG_CACHE_HOME=/tmp/.cache \
    DEEPSEEK_ORT_LIBRARY=/app/cuda/libonnxruntime.so \
    LD_LIBRARY_PATH=/app/cuda:/usr/local/nvidia/lib64:/usr/lib64 \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
WORKDIR /app
EXPOSE 8080 9000
VOLUME ["/models", "/tmp"]
ENTRYPOINT ["/jre/bin/java", "-XX:+UseSerialGC", "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:MaxRAMPercentage=25", "-XX:+UseCompressedOops", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/quarkus-run.jar"]
