/** What can go wrong at the door, as one closed set, and how a client reads it. */
package platform.deepseek.inference.api.error;
