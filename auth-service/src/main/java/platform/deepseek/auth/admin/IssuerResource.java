package platform.deepseek.auth.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jboss.resteasy.reactive.ResponseStatus;
import platform.deepseek.auth.access.Action;
import platform.deepseek.auth.admin.Views.Listing;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.tenant.Tenants;
import platform.deepseek.auth.token.issuer.Algorithm;
import platform.deepseek.auth.token.issuer.ClientSecrets;
import platform.deepseek.auth.token.issuer.Issuer;
import platform.deepseek.auth.token.issuer.Issuers;

/**
 * Identity providers whose tokens are taken. One is changed by deleting it and entering it anew: so
 * its tokens are never judged half by the old and half by the new terms.
 */
@Path("/v1/admin/issuers")
@RunOnVirtualThread
public class IssuerResource {

  /**
   * @param url exactly as tokens have it in {@code iss}
   * @param audiences one of which a token has to be for
   * @param algorithms that tokens are signed with; absent: RS256, PS256, ES256, EdDSA
   * @param roleClaim JSON pointer to the roles in a token; absent: /realm_access/roles, Keycloak's
   * @param roles from values of that claim to admin, developer, auditor or guest
   * @param otherwise role of whoever has none of these; absent: they are not let in
   * @param requiredClaims from JSON pointers to values
   * @param secondFactorAcrs values of acr that count as a second factor; absent: none
   */
  record NewIssuer(
      String url,
      String tenant,
      List<String> audiences,
      List<String> algorithms,
      String roleClaim,
      Map<String, String> roles,
      String otherwise,
      Map<String, String> requiredClaims,
      Set<String> secondFactorAcrs,
      NewIntrospection introspection) {}

  /**
   * @param opaquePrefix what its tokens begin with that are no JWT; empty: any; absent: there are
   *     none
   * @param everyToken whether it is asked about JWTs too; absent: no
   */
  record NewIntrospection(
      String clientId, String clientSecret, String opaquePrefix, Boolean everyToken) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record IssuerView(
      String id,
      String url,
      String tenant,
      List<String> audiences,
      List<String> algorithms,
      String roleClaim,
      Map<String, String> roles,
      String otherwise,
      Map<String, String> requiredClaims,
      Set<String> secondFactorAcrs,
      IntrospectionView introspection,
      Instant createdAt) {

    static IssuerView of(Issuer issuer) {
      Issuer.Terms terms = issuer.terms();
      Map<String, String> roles = new TreeMap<>();
      terms.roles().forEach((value, role) -> roles.put(value, role.label()));
      return new IssuerView(
          issuer.id(),
          issuer.url(),
          issuer.tenant(),
          terms.audiences(),
          terms.algorithms().stream().map(Algorithm::label).toList(),
          terms.roleClaim(),
          roles,
          terms.otherwise().map(Role::label).orElse(null),
          new TreeMap<>(terms.requiredClaims()),
          terms.secondFactorAcrs(),
          issuer.introspection().map(IntrospectionView::of).orElse(null),
          issuer.createdAt());
    }
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record IntrospectionView(String clientId, String opaquePrefix, boolean everyToken) {
    static IntrospectionView of(Issuer.Introspection introspection) {
      return new IntrospectionView(
          introspection.client(),
          introspection.opaquePrefix().orElse(null),
          introspection.everyToken());
    }
  }

  private final Issuers issuers;
  private final IssuerFields fields;
  private final Tenants tenants;
  private final ClientSecrets secrets;

  IssuerResource(Issuers issuers, IssuerFields fields, Tenants tenants, ClientSecrets secrets) {
    this.issuers = issuers;
    this.fields = fields;
    this.tenants = tenants;
    this.secrets = secrets;
  }

  @POST
  @Needs(Action.WRITE_ISSUERS)
  @ResponseStatus(201)
  public IssuerView create(NewIssuer body) {
    NewIssuer asked = Fields.required("body", body);
    String url = fields.url("url", asked.url());
    String tenant = Fields.required("tenant", asked.tenant());
    Issuer.Terms terms =
        IssuerFields.terms(
            asked.audiences(),
            asked.algorithms(),
            asked.roleClaim(),
            asked.roles(),
            asked.otherwise(),
            asked.requiredClaims(),
            asked.secondFactorAcrs());
    if (tenants.find(tenant).isEmpty()) {
      throw BadRequest.invalid("tenant", "there is no tenant '%s'.".formatted(tenant));
    }
    return IssuerView.of(
        issuers.create(
            url,
            tenant,
            terms,
            Optional.ofNullable(asked.introspection()).map(how -> introspection(url, how))));
  }

  private Issuer.Introspection introspection(String url, NewIntrospection asked) {
    return new Issuer.Introspection(
        Fields.name("introspection.clientId", asked.clientId()),
        secrets.seal(url, IssuerFields.secret("introspection.clientSecret", asked.clientSecret())),
        IssuerFields.prefix("introspection.opaquePrefix", asked.opaquePrefix()),
        Boolean.TRUE.equals(asked.everyToken()));
  }

  @GET
  @Needs(Action.READ_ISSUERS)
  public Listing<IssuerView> list() {
    return new Listing<>(issuers.all().stream().map(IssuerView::of).toList());
  }

  @GET
  @Path("/{id}")
  @Needs(Action.READ_ISSUERS)
  public IssuerView get(String id) {
    return issuers.find(id).map(IssuerView::of).orElseThrow(() -> unknown(id));
  }

  @DELETE
  @Path("/{id}")
  @Needs(Action.WRITE_ISSUERS)
  public void remove(String id) {
    if (!issuers.remove(id)) {
      throw unknown(id);
    }
  }

  private static BadRequest unknown(String id) {
    return BadRequest.notFound("issuer '%s'".formatted(id));
  }
}
