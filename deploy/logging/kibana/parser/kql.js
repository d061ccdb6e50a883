// Reads saved searches, one JSON object a line, and prints the query of each as Elasticsearch gets it.
// usage: node kql.js FOLDER_OF_NODE_MODULES SEARCHES.ndjson
const fs = require("fs");
const path = require("path");
const [modules, searches] = process.argv.slice(2);
const { fromKueryExpression, toElasticsearchQuery } = require(path.join(modules, "@cybernetex/kbn-es-query"));

for (const line of fs.readFileSync(searches, "utf8").trim().split("\n")) {
  const saved = JSON.parse(line);
  if (saved.type !== "search") continue;
  const { query } = JSON.parse(saved.attributes.kibanaSavedObjectMeta.searchSourceJSON);
  if (query.language !== "kuery") throw new Error(`${saved.id} is in ${query.language}`);
  console.log(JSON.stringify({ id: saved.id, query: toElasticsearchQuery(fromKueryExpression(query.query)) }));
}
