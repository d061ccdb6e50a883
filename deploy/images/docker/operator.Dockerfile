# Not built here: no registry with the two base images could be reached. deploy/images/build.sh makes the image that
# is tested; images_test.py holds this file to the same user, ports, volumes, variables and options.
# From the repository's root, after deploy/local/build.sh operator: docker build -f deploy/images/docker/operator.Dockerfile .
FROM eclipse-temurin:25-jdk AS runtime
ARG MODULES=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.rmi,java.security.jgss,java.security.sasl,java.sql,java.transaction.xa,java.xml,jdk.incubator.vector,jdk.jfr,jdk.management,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs
RUN jlink --add-modules "$MODULES" --no-man-pages --no-header-files --vm server --output /jre

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=runtime /jre /jre
COPY operator/target/quarkus-app /app
ENV HOME=/tmp \
    LANG=C.UTF-8 \
    XDG_CACHE_HOME=/tmp/.cache
USER 10001:10001
WORKDIR /app
EXPOSE 8083 9003
VOLUME ["/tmp"]
ENTRYPOINT ["/jre/bin/java", "-XX:+UseSerialGC", "-XX:MaxRAMPercentage=70", "-XX:+UseCompressedOops", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/quarkus-run.jar"]
