/** Configuration, wiring, leader election, metrics and readiness of the operator. */
package platform.deepseek.operator.service;
