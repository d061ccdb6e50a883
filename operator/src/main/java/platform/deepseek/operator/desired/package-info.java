/**
 * What the cluster should hold: one class per kind of object, each a pure function of a situation.
 * Nothing here talks to a cluster.
 */
package platform.deepseek.operator.desired;
