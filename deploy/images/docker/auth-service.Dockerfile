# Not built here: no registry with the two base images could be reached. deploy/images/build.sh makes the image that
# is tested; images_test.py holds this file to the same user, ports, volumes, variables and options.
# From the repository's root, after deploy/local/build.sh auth-service: docker build -f deploy/images/docker/auth-service.Dockerfile .
FROM eclipse-temurin:25-jdk AS runtime
ARG MODULES=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.rmi,java.security.jgss,java.security.sasl,java.sql,java.transaction.xa,java.xml,jdk.incubator.vector,jdk.jfr,jdk.management,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs
RUN jlink --add-modules "$MODULES" --no-man-pages --no-header-files --vm server --output /jre

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=runtime /jre /jre
COPY auth-service/target/quarkus-app /app
ENV HOME=/tmp \
    LANG=C.UTF-8 \
    XDG_CACHE_HOME=/tmp/.cache \
    DEEPSEEK_AUTH_DATA_FOLDER=/data
USER 10001:10001
WORKDIR /app
EXPOSE 8082 9002
VOLUME ["/data", "/tmp"]
ENTRYPOINT ["/jre/bin/java", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-XX:MaxRAMPercentage=70", "-XX:+UseCompressedOops", "-XX:+ExitOnOutOfMemoryError", "-jar", "/app/quarkus-run.jar"]
