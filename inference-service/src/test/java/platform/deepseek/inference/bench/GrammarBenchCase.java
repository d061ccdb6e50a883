package platform.deepseek.inference.bench;

import static platform.deepseek.inference.grammar.JsonExpressions.anyOf;
import static platform.deepseek.inference.grammar.JsonExpressions.integer;
import static platform.deepseek.inference.grammar.JsonExpressions.object;
import static platform.deepseek.inference.grammar.JsonExpressions.string;
import static platform.deepseek.inference.grammar.JsonExpressions.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import platform.deepseek.inference.grammar.Expression;
import platform.deepseek.inference.grammar.Expression.Choice;
import platform.deepseek.inference.grammar.Expression.Sequence;
import platform.deepseek.inference.grammar.Grammar;
import platform.deepseek.inference.grammar.ReasoningBudget;
import platform.deepseek.inference.grammar.schema.JsonSchemas;

/**
 * A grammar and an answer that follows it.
 *
 * @param name in the report
 */
record GrammarBenchCase(String name, Grammar grammar, String answer) {

  private static final String THOUGHT =
      """
      The user wants the order as a record. First the customer: "Ana Nováková" <ana@example.org>, \
      and if (items < 3) the discount does not apply. I should count again: two chairs, one table, \
      没有折扣. So the sum is 3 * 49.90 + 12 = 161.7, and the delivery is on a Tuesday.
      </think>""";

  private static final String PARAGRAPH =
      "The chair arrived with a scratch on the left leg; our driver noted it on the slip. "
          + "Bitte schreiben Sie dem Kunden bis Freitag, \\\"spätestens\\\" — merci \\u00e0 tous. "
          + "返品の手続きは不要です。 Refund 12.50 EUR, keep the item 🙂.";

  static List<GrammarBenchCase> all() {
    return List.of(order(), ticket(), calls(), anything(), formats());
  }

  private static Grammar schema(String schema) {
    try {
      return JsonSchemas.grammar(new ObjectMapper().readTree(schema));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a schema of the benchmark is no JSON", e);
    }
  }

  private static GrammarBenchCase order() {
    String schema =
        """
        {"type": "object", "additionalProperties": false,
         "required": ["customer", "status", "items", "note"],
         "properties": {
           "customer": {"$ref": "#/$defs/person"},
           "status": {"enum": ["open", "paid", "packed", "sent", "returned", "refunded"]},
           "items": {"type": "array", "minItems": 1, "maxItems": 50, "items": {
             "type": "object", "additionalProperties": false,
             "required": ["sku", "title", "count", "price"],
             "properties": {
               "sku": {"type": "string", "minLength": 1, "maxLength": 20},
               "title": {"type": "string", "maxLength": 80},
               "count": {"type": "integer", "minimum": 1, "maximum": 1000},
               "price": {"type": "number"}}}},
           "note": {"type": ["string", "null"], "maxLength": 500}},
         "$defs": {"person": {
           "type": "object", "additionalProperties": false, "required": ["name"],
           "properties": {
             "name": {"type": "string"},
             "email": {"type": "string", "maxLength": 254},
             "phone": {"type": "string"},
             "tags": {"type": "array", "maxItems": 5, "items": {"type": "string"}}}}}}""";
    String items =
        """
        {"sku": "CH-1902-B", "title": "Chair, beech, black legs", "count": 2, "price": 49.9}, \
        {"sku": "TB-77", "title": "Table 120×80 cm", "count": 1, "price": 125.5}, \
        {"sku": "SCREW-M6x40", "title": "Screws, box of fifty (M6, 40 mm)", "count": 12, "price": 0.35}""";
    String answer =
        """
        {"customer": {"name": "Ana Nováková", "email": "ana@example.org", \
        "tags": ["loyal", "EU", "b2c"]}, \
        "status": "refunded", "items": [%s], "note": "%s"}"""
            .formatted(items, PARAGRAPH);
    return new GrammarBenchCase(
        "order", ReasoningBudget.grammar("</think>", schema(schema)), THOUGHT + answer);
  }

  private static GrammarBenchCase ticket() {
    String schema =
        """
        {"type": "object", "additionalProperties": false,
         "required": ["summary", "description", "severity", "labels", "steps"],
         "properties": {
           "summary": {"type": "string", "minLength": 1, "maxLength": 120},
           "description": {"type": "string", "maxLength": 10000},
           "severity": {"enum": ["low", "medium", "high", "critical"]},
           "labels": {"type": "array", "maxItems": 10,
             "items": {"type": "string", "minLength": 1, "maxLength": 30}},
           "steps": {"type": "array", "items": {
             "type": "object", "additionalProperties": false, "required": ["do", "see"],
             "properties": {
               "do": {"type": "string", "maxLength": 200},
               "see": {"type": "string", "maxLength": 200},
               "steps": {"$ref": "#/properties/steps"}}}}}}""";
    String answer =
        """
        {"summary": "Scratch on the left leg of a chair", "description": "%s\\n%s", \
        "severity": "medium", "labels": ["furniture", "transport damage", "customer happy"], \
        "steps": [{"do": "Unpack the chair", "see": "A scratch of 3 cm", \
        "steps": [{"do": "Take a picture", "see": ""}]}, \
        {"do": "Call the driver", "see": "He knows"}]}"""
            .formatted(PARAGRAPH, PARAGRAPH);
    return new GrammarBenchCase("ticket", schema(schema), answer);
  }

  private static GrammarBenchCase calls() {
    Expression search =
        object(
            "name", text("\"search\""), "arguments", object("query", string(), "limit", integer()));
    Expression weather =
        object(
            "name",
            text("\"weather\""),
            "arguments",
            object("city", string(1, 100), "unit", anyOf("celsius", "fahrenheit")));
    Expression call =
        Sequence.of(text("<tool_call>\n"), Choice.of(search, weather), text("\n</tool_call>"));
    Expression answer =
        Sequence.of(new Expression.Without("<tool_call>"), new Expression.Repeat(call, 1, 4));
    return new GrammarBenchCase(
        "tool calls",
        ReasoningBudget.grammar("</think>", Grammar.of(answer)),
        THOUGHT
            + """
            I will look that up: a <b>chair</b> in the catalogue.
            <tool_call>
            {"name": "search", "arguments": {"query": "beech chair, black legs, \\"returned\\"", \
            "limit": 10}}
            </tool_call><tool_call>
            {"name": "weather", "arguments": {"city": "Ústí nad Labem", "unit": "celsius"}}
            </tool_call>""");
  }

  private static GrammarBenchCase anything() {
    return new GrammarBenchCase(
        "any JSON",
        schema("{\"type\": \"object\"}"),
        """
        {"id": 1842, "nested": {"list": [1, 2.5, -3e7, [true, false, null, []], \
        {"deep": [[[["x"]]]]}]}, \
        "text": "%s", "more": [{"a": "b c d", "e": "f"}, {"a": "zwei Wörter", "e": ""}], "": {}}"""
            .formatted(PARAGRAPH));
  }

  private static GrammarBenchCase formats() {
    String schema =
        """
        {"type": "array", "items": {
          "type": "object", "additionalProperties": false,
          "required": ["id", "at", "mail", "slug", "title", "values"],
          "properties": {
            "id": {"type": "string", "format": "uuid"},
            "at": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "slug": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
            "title": {"type": "string", "pattern": "^[A-Z][A-Za-z ]{2,60}$"},
            "values": {"type": "array", "minItems": 2, "maxItems": 100,
              "items": {"type": "number"}}}}}""";
    String one =
        """
        {"id": "3f2b8c1e-90ab-4cde-8f01-23456789abcd", "at": "2024-02-29T12:30:00Z", \
        "mail": "ana.novakova@example.org", "slug": "beech-chair-black-legs", \
        "title": "Chair of beech with black legs", \
        "values": [1, 2.75, 3.14159265, -40, 60.2, 1234567]}""";
    return new GrammarBenchCase("formats", schema(schema), "[%s, %s, %s]".formatted(one, one, one));
  }
}
