/** NVIDIA's driver, bound by the foreign-function API: devices, memory, copies, streams. */
package platform.deepseek.inference.cuda;
