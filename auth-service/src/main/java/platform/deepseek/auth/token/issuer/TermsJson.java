package platform.deepseek.auth.token.issuer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import platform.deepseek.auth.credential.Role;

/** {@link Issuer.Terms} as the database keeps them, by the labels that people know. */
record TermsJson(
    List<String> audiences,
    List<String> algorithms,
    String roleClaim,
    Map<String, String> roles,
    String otherwise,
    Map<String, String> requiredClaims,
    Set<String> secondFactorAcrs) {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  static String write(Issuer.Terms terms) {
    Map<String, String> roles = new TreeMap<>();
    terms.roles().forEach((value, role) -> roles.put(value, role.label()));
    try {
      return MAPPER.writeValueAsString(
          new TermsJson(
              terms.audiences(),
              terms.algorithms().stream().map(Algorithm::label).toList(),
              terms.roleClaim(),
              roles,
              terms.otherwise().map(Role::label).orElse(null),
              new TreeMap<>(terms.requiredClaims()),
              new TreeSet<>(terms.secondFactorAcrs())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Issuer.Terms read(String json) {
    TermsJson read;
    try {
      read = MAPPER.readValue(json, TermsJson.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the terms of an issuer cannot be read", e);
    }
    return new Issuer.Terms(
        read.audiences,
        read.algorithms.stream().map(label -> Algorithm.of(label).orElseThrow()).toList(),
        read.roleClaim,
        read.roles.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, entry -> Role.of(entry.getValue()).orElseThrow())),
        Optional.ofNullable(read.otherwise).map(label -> Role.of(label).orElseThrow()),
        read.requiredClaims,
        read.secondFactorAcrs);
  }
}
