/** JSON at the door: bounded parsing, typed fields, named errors, a writer without a tree. */
package platform.deepseek.inference.api.json;
