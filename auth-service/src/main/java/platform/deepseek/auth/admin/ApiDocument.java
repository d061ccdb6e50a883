package platform.deepseek.auth.admin;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import platform.deepseek.auth.access.Permissions;
import platform.deepseek.auth.credential.Role;

/**
 * What the OpenAPI document says of every route alike: how to prove who one is, which permission it
 * takes and which roles have it ({@code x-permission}, {@code x-roles}), and how it fails.
 */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public final class ApiDocument implements OASFilter {

  private static final String BEARER = "bearer";
  private static final String KEY = "key";
  private static final String FAILURE = "#/components/schemas/Failure";

  private static final Map<String, String> FAILURES =
      new TreeMap<>(
          Map.of(
              "400", "What was sent cannot be taken; param names the field",
              "401", "No key or token, none that is good, or a second factor is missing",
              "403", "The role, the scope or the address may not do this",
              "404", "There is no such thing",
              "409", "There is one like it already, or it is in no state for this",
              "412", "It is not what If-Match expects any more: somebody else was first",
              "429", "Too many wrong codes: come back after Retry-After",
              "500", "The server failed; its log says why",
              "503", "The database does not answer: try again in a few seconds"));

  private final Permissions permissions = Permissions.standard();

  @Override
  public void filterOpenAPI(OpenAPI document) {
    if (document.getComponents() == null) {
      document.setComponents(OASFactory.createComponents());
    }
    document
        .getComponents()
        .addSchema("Failure", failure())
        .addSecurityScheme(
            BEARER,
            OASFactory.createSecurityScheme()
                .type(SecurityScheme.Type.HTTP)
                .scheme("bearer")
                .description("An API key, or a token of an identity provider or of ours"))
        .addSecurityScheme(
            KEY,
            OASFactory.createSecurityScheme()
                .type(SecurityScheme.Type.APIKEY)
                .in(SecurityScheme.In.HEADER)
                .name("x-api-key"));
    document.setSecurity(
        Stream.of(BEARER, KEY)
            .map(scheme -> OASFactory.createSecurityRequirement().addScheme(scheme))
            .toList());
  }

  @Override
  public Operation filterOperation(Operation operation) {
    Method method = method(operation.getOperationId());
    Needs needs = method.getAnnotation(Needs.class);
    if (needs == null) {
      return null; // it answers nobody
    }
    operation.setOperationId(
        method.getDeclaringClass().getSimpleName().replaceFirst("Resource$", "")
            + "_"
            + method.getName());
    operation.addExtension("x-permission", needs.value().label());
    operation.addExtension(
        "x-roles",
        Stream.of(Role.values())
            .filter(role -> permissions.allow(role, needs.value()))
            .map(Role::label)
            .toList());
    FAILURES.forEach(
        (status, description) ->
            operation.getResponses().addAPIResponse(status, told(description)));
    return operation;
  }

  /** By the name that Quarkus gives: that of the class, an underscore, that of the method. */
  private static Method method(String id) {
    int end = id.lastIndexOf('_');
    try {
      Class<?> resource = Class.forName(id.substring(0, end));
      return Stream.of(resource.getDeclaredMethods())
          .filter(one -> one.getName().equals(id.substring(end + 1)))
          .filter(one -> !one.isSynthetic())
          .findFirst()
          .orElseThrow();
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("the operation " + id + " is no method of a resource", e);
    }
  }

  private static APIResponse told(String description) {
    return OASFactory.createAPIResponse()
        .description(description)
        .content(
            OASFactory.createContent()
                .addMediaType(
                    "application/json",
                    OASFactory.createMediaType().schema(OASFactory.createSchema().ref(FAILURE))));
  }

  private static Schema failure() {
    return object(
        Map.of(
            "error",
            object(
                new TreeMap<>(
                    Map.of(
                        "message", text("What is wrong and what to do"),
                        "type", text("invalid_request_error, rate_limit_error or server_error"),
                        "param", text("The field that is to blame, or null"),
                        "code", text("Which failure it is, for programs"))))));
  }

  private static Schema object(Map<String, Schema> properties) {
    return OASFactory.createSchema().type(List.of(Schema.SchemaType.OBJECT)).properties(properties);
  }

  private static Schema text(String description) {
    return OASFactory.createSchema()
        .type(List.of(Schema.SchemaType.STRING))
        .description(description);
  }
}
