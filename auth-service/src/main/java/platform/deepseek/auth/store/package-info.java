/** The database under everything: PostgreSQL or an H2 file, one schema, plain SQL. */
package platform.deepseek.auth.store;
