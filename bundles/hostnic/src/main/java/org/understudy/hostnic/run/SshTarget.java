// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.nio.file.Path;

/**
 * Address of a host and credentials for it.
 *
 * @param key private key without passphrase
 * @param knownHosts file in OpenSSH format; a host that is not in it is rejected
 */
public record SshTarget(String address, int port, String user, Path key, Path knownHosts) {}
