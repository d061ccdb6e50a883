/** How a change of the spec reaches the replicas when traffic is moved in steps. Pure. */
package platform.deepseek.operator.rollout;
