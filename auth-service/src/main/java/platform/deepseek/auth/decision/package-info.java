/** May this request be answered? And, when it was: what did it use? */
package platform.deepseek.auth.decision;
