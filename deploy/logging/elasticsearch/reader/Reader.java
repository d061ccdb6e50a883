import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.index.IndexableField;
import org.elasticsearch.TransportVersion;
import org.elasticsearch.cluster.metadata.ComposableIndexTemplate;
import org.elasticsearch.cluster.metadata.IndexMetadata;
import org.elasticsearch.common.bytes.BytesArray;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.IndexScopedSettings;
import org.elasticsearch.common.settings.Setting;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.core.CheckedFunction;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.grok.Grok;
import org.elasticsearch.grok.GrokBuiltinPatterns;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.index.analysis.AnalyzerScope;
import org.elasticsearch.index.analysis.IndexAnalyzers;
import org.elasticsearch.index.analysis.NamedAnalyzer;
import org.elasticsearch.index.mapper.DocumentMapper;
import org.elasticsearch.index.mapper.KeywordFieldMapper;
import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.index.mapper.MapperMetrics;
import org.elasticsearch.index.mapper.MapperService;
import org.elasticsearch.index.mapper.ProvidedIdFieldMapper;
import org.elasticsearch.index.mapper.SourceToParse;
import org.elasticsearch.index.query.AbstractQueryBuilder;
import org.elasticsearch.index.similarity.SimilarityService;
import org.elasticsearch.indices.IndicesModule;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.script.ScriptCompiler;
import org.elasticsearch.search.SearchModule;
import org.elasticsearch.xcontent.NamedXContentRegistry;
import org.elasticsearch.xcontent.ParseField;
import org.elasticsearch.xcontent.XContentParser;
import org.elasticsearch.xcontent.XContentParserConfiguration;
import org.elasticsearch.xcontent.XContentType;
import org.elasticsearch.xpack.core.XPackClientPlugin;
import org.elasticsearch.xpack.core.ilm.DeleteAction;
import org.elasticsearch.xpack.core.ilm.ForceMergeAction;
import org.elasticsearch.xpack.core.ilm.LifecycleAction;
import org.elasticsearch.xpack.core.ilm.LifecyclePolicy;
import org.elasticsearch.xpack.core.ilm.LifecycleSettings;
import org.elasticsearch.xpack.core.ilm.LifecycleType;
import org.elasticsearch.xpack.core.ilm.RolloverAction;
import org.elasticsearch.xpack.core.ilm.SetPriorityAction;
import org.elasticsearch.xpack.core.ilm.ShrinkAction;
import org.elasticsearch.xpack.core.ilm.TimeseriesLifecycleType;
import org.elasticsearch.xpack.core.ilm.action.PutLifecycleRequest;

/**
 * Has Elasticsearch's own classes read what is loaded into it: a policy as the lifecycle API does,
 * a template with its settings and mappings, documents by those mappings, queries, a grok pattern.
 * The field type wildcard, whose module is not to be had, is read as keyword, with the same
 * parameters.
 *
 * <p>usage: Reader policy FILE | template FILE DOCUMENTS | queries FILE | grok PATTERN LINE.
 * DOCUMENTS and the queries' FILE have one JSON object a line. Prints what was understood; an
 * exception says what was not.
 */
final class Reader {

  private static final NamedXContentRegistry REGISTRY = registry();

  private static NamedXContentRegistry registry() {
    LogConfigurator.configureESLogging();
    List<NamedXContentRegistry.Entry> entries =
        new ArrayList<>(new XPackClientPlugin().getNamedXContent());
    entries.addAll(new SearchModule(Settings.EMPTY, List.of()).getNamedXContents());
    entries.addAll(IndicesModule.getNamedXContents());
    // The module that names them to a node is not to be had: their readers are x-pack-core's.
    entries.add(
        entry(
            LifecycleType.class,
            TimeseriesLifecycleType.TYPE,
            parser -> TimeseriesLifecycleType.INSTANCE));
    entries.add(entry(LifecycleAction.class, RolloverAction.NAME, RolloverAction::parse));
    entries.add(entry(LifecycleAction.class, SetPriorityAction.NAME, SetPriorityAction::parse));
    entries.add(entry(LifecycleAction.class, ShrinkAction.NAME, ShrinkAction::parse));
    entries.add(entry(LifecycleAction.class, ForceMergeAction.NAME, ForceMergeAction::parse));
    entries.add(entry(LifecycleAction.class, DeleteAction.NAME, DeleteAction::parse));
    return new NamedXContentRegistry(entries);
  }

  private static <T> NamedXContentRegistry.Entry entry(
      Class<T> category,
      String name,
      CheckedFunction<XContentParser, ? extends T, IOException> reader) {
    return new NamedXContentRegistry.Entry(category, new ParseField(name), reader);
  }

  private static XContentParser parser(String json) throws IOException {
    return XContentType.JSON
        .xContent()
        .createParser(XContentParserConfiguration.EMPTY.withRegistry(REGISTRY), json);
  }

  public static void main(String[] arguments) throws IOException {
    switch (arguments[0]) {
      case "policy" -> policy(Files.readString(Path.of(arguments[1])));
      case "template" ->
          template(
              Files.readString(Path.of(arguments[1])), Files.readAllLines(Path.of(arguments[2])));
      case "queries" -> queries(Files.readAllLines(Path.of(arguments[1])));
      case "grok" -> grok(arguments[1], arguments[2]);
      default -> throw new IllegalArgumentException("not known: " + arguments[0]);
    }
  }

  private static void policy(String json) throws IOException {
    LifecyclePolicy policy;
    try (XContentParser parser = parser(json)) {
      PutLifecycleRequest.Factory factory =
          new PutLifecycleRequest.Factory() {
            @Override
            public PutLifecycleRequest create(LifecyclePolicy read) {
              return new PutLifecycleRequest(TimeValue.MINUS_ONE, TimeValue.MINUS_ONE, read);
            }

            @Override
            public String getPolicyName() {
              return "deepseek-logs";
            }
          };
      PutLifecycleRequest request = PutLifecycleRequest.parseRequest(factory, parser);
      if (request.validate() != null) {
        throw request.validate();
      }
      policy = request.getPolicy();
    }
    policy.validate();
    policy
        .getPhases()
        .forEach(
            (name, phase) ->
                System.out.println(
                    name
                        + " "
                        + phase.getMinimumAge()
                        + " "
                        + String.join(
                            " ", phase.getActions().keySet().stream().sorted().toList())));
  }

  private static void template(String json, List<String> documents) throws IOException {
    ComposableIndexTemplate template;
    try (XContentParser parser = parser(json)) {
      template = ComposableIndexTemplate.parse(parser);
    }
    Settings given = template.template().settings();
    Set<Setting<?>> known = new HashSet<>(IndexScopedSettings.BUILT_IN_INDEX_SETTINGS);
    known.add(LifecycleSettings.LIFECYCLE_NAME_SETTING);
    IndexScopedSettings scoped = new IndexScopedSettings(Settings.EMPTY, known);
    scoped.validate(given, true);
    MapperService service = mapperService(given, scoped);
    DocumentMapper mapper =
        service.merge(
            "_doc",
            List.of(template.template().mappings()),
            MapperService.MergeReason.INDEX_TEMPLATE);
    for (String document : documents) {
      var parsed =
          mapper.parse(new SourceToParse("1", new BytesArray(document), XContentType.JSON));
      Set<String> fields = new TreeSet<>();
      for (IndexableField field : parsed.rootDoc().getFields()) {
        if (!field.name().startsWith("_")) {
          fields.add(field.name());
        }
      }
      System.out.println(String.join(" ", fields));
    }
  }

  private static MapperService mapperService(Settings given, IndexScopedSettings scoped) {
    Settings settings =
        Settings.builder()
            .put(given)
            .put(IndexMetadata.SETTING_VERSION_CREATED, IndexVersion.current())
            .put(IndexMetadata.SETTING_INDEX_UUID, "reader")
            .build();
    IndexMetadata index = IndexMetadata.builder("logs").settings(settings).build();
    IndexSettings indexSettings = new IndexSettings(index, Settings.EMPTY, scoped);
    MapperPlugin wildcard =
        new MapperPlugin() {
          @Override
          public Map<String, Mapper.TypeParser> getMappers() {
            return Map.of("wildcard", KeywordFieldMapper.PARSER);
          }
        };
    NamedAnalyzer standard =
        new NamedAnalyzer("default", AnalyzerScope.INDEX, new StandardAnalyzer());
    return new MapperService(
        () -> TransportVersion.current(),
        indexSettings,
        IndexAnalyzers.of(Map.of("default", standard)),
        XContentParserConfiguration.EMPTY.withRegistry(REGISTRY),
        new SimilarityService(indexSettings, null, Map.of()),
        new IndicesModule(List.of(wildcard)).getMapperRegistry(),
        () -> {
          throw new IllegalStateException("nothing is searched here");
        },
        new ProvidedIdFieldMapper(() -> false),
        ScriptCompiler.NONE,
        query -> {
          throw new IllegalStateException("nothing is joined here");
        },
        MapperMetrics.NOOP);
  }

  private static void queries(List<String> queries) throws IOException {
    for (String query : queries) {
      try (XContentParser parser = parser(query)) {
        System.out.println(AbstractQueryBuilder.parseTopLevelQuery(parser).getName());
      }
    }
  }

  private static void grok(String pattern, String line) {
    Grok grok = new Grok(GrokBuiltinPatterns.ecsV1Patterns(), pattern, complaint -> {});
    System.out.println(grok.captures(line));
  }
}
