/** The service that decides who may ask, how much, and keeps the proof of it. */
package platform.deepseek.auth;
