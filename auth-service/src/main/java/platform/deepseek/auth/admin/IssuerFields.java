package platform.deepseek.auth.admin;

import com.fasterxml.jackson.core.JsonPointer;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import platform.deepseek.auth.credential.ApiKey;
import platform.deepseek.auth.credential.Role;
import platform.deepseek.auth.error.BadRequest;
import platform.deepseek.auth.token.grant.GrantSettings;
import platform.deepseek.auth.token.issuer.Algorithm;
import platform.deepseek.auth.token.issuer.Issuer;
import platform.deepseek.auth.token.issuer.IssuerHttp;
import platform.deepseek.auth.token.issuer.IssuerSettings;

/** What an identity provider is entered with, or a sentence on what is wrong with it. */
public final class IssuerFields {

  private static final List<String> USUAL = List.of("RS256", "PS256", "ES256", "EdDSA");
  private static final String KEYCLOAKS_ROLES = "/realm_access/roles";
  private static final int LONGEST_TEXT = 200;
  private static final int LONGEST_PREFIX = 40;
  private static final int MOST = 30;

  private final String own;
  private final boolean plain;

  public IssuerFields(GrantSettings own, IssuerSettings settings) {
    this.own = own.issuer();
    this.plain = settings.plain();
  }

  String url(String field, String value) {
    String url = Fields.required(field, value);
    if (!Issuer.isUrl(url)) {
      throw BadRequest.invalid(field, "an address has 1 to 500 characters of ASCII.");
    }
    if (url.equals(own)) {
      throw BadRequest.invalid(field, "that is this service itself.");
    }
    URI address;
    try {
      address = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw BadRequest.invalid(field, "'%s' is no address.".formatted(url));
    }
    if (!IssuerHttp.isSafe(address, plain) || address.getQuery() != null) {
      throw BadRequest.invalid(
          field,
          "it has to begin with https:// and to have no user, query or fragment; for one without"
              + " TLS in your own network set deepseek.auth.token.plain-issuers.");
    }
    return url;
  }

  static Issuer.Terms terms(
      List<String> audiences,
      List<String> algorithms,
      String roleClaim,
      Map<String, String> roles,
      String otherwise,
      Map<String, String> requiredClaims,
      Set<String> secondFactorAcrs) {
    if (Fields.required("audiences", audiences).isEmpty() || audiences.size() > MOST) {
      throw BadRequest.invalid("audiences", "name 1 to %d.".formatted(MOST));
    }
    audiences.forEach(audience -> text("audiences", audience));
    List<String> signed = algorithms == null ? USUAL : algorithms;
    if (signed.isEmpty()) {
      throw BadRequest.invalid("algorithms", "name at least one.");
    }
    Map<String, Role> mapped = new HashMap<>();
    bounded("roles", roles)
        .forEach((value, role) -> mapped.put(text("roles", value), Fields.role("roles", role)));
    Map<String, String> required = bounded("requiredClaims", requiredClaims);
    required.forEach(
        (pointer, value) -> {
          pointer("requiredClaims", pointer);
          text("requiredClaims." + pointer, value);
        });
    Set<String> acrs = secondFactorAcrs == null ? Set.of() : secondFactorAcrs;
    if (acrs.size() > MOST) {
      throw BadRequest.invalid("secondFactorAcrs", "name at most %d.".formatted(MOST));
    }
    acrs.forEach(acr -> text("secondFactorAcrs", acr));
    return new Issuer.Terms(
        audiences,
        signed.stream().distinct().map(IssuerFields::algorithm).toList(),
        pointer("roleClaim", roleClaim == null ? KEYCLOAKS_ROLES : roleClaim),
        mapped,
        otherwise == null ? Optional.empty() : Optional.of(Fields.role("otherwise", otherwise)),
        required,
        acrs);
  }

  static String secret(String field, String value) {
    return text(field, value);
  }

  static Optional<String> prefix(String field, String value) {
    if (value == null) {
      return Optional.empty();
    }
    if (value.length() > LONGEST_PREFIX
        || value.startsWith(ApiKey.PREFIX)
        || value.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw BadRequest.invalid(
          field,
          "it has at most %d characters of ASCII and does not begin with %s, which keys do."
              .formatted(LONGEST_PREFIX, ApiKey.PREFIX));
    }
    return Optional.of(value);
  }

  private static Algorithm algorithm(String label) {
    return Algorithm.of(label == null ? "" : label)
        .orElseThrow(
            () ->
                BadRequest.invalid(
                    "algorithms",
                    "'%s' is none that can be entered: RS256 to RS512, PS256 to PS512, ES256 to"
                            .formatted(label)
                        + " ES512 or EdDSA."));
  }

  private static String pointer(String field, String value) {
    try {
      if (value.length() <= LONGEST_TEXT && !JsonPointer.compile(value).matches()) {
        return value;
      }
    } catch (IllegalArgumentException e) { // it begins with no slash
      throw BadRequest.invalid(field, "'%s' is no JSON pointer such as /roles.".formatted(value));
    }
    throw BadRequest.invalid(field, "write it as a JSON pointer such as /roles.");
  }

  private static Map<String, String> bounded(String field, Map<String, String> values) {
    if (values != null && values.size() > MOST) {
      throw BadRequest.invalid(field, "name at most %d.".formatted(MOST));
    }
    return values == null ? Map.of() : values;
  }

  private static String text(String field, String value) {
    String text = Fields.required(field, value);
    if (text.isEmpty()
        || text.length() > LONGEST_TEXT
        || text.chars().anyMatch(Character::isISOControl)) {
      throw BadRequest.invalid(
          field, "a text has 1 to %d characters on one line.".formatted(LONGEST_TEXT));
    }
    return text;
  }
}
