// SPDX-License-Identifier: Apache-2.0
/**
 * The hosts of the configuration and the VMs they hold.
 *
 * <p>Owns the words slot (a place for one host of the configuration, open or not) and location (where a VM is). Called
 * by the shell, REST, migrations and the doctor. Hosts are opened in the background; every method may be called from
 * any thread and blocks for as long as the host takes.
 */
package org.understudy.core.lifecycle;
