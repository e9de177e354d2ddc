// SPDX-License-Identifier: Apache-2.0
/**
 * A management server in two classes, as small as one can be: it asks Understudy before it defines and migrates a VM, hears
 * what became of it, and has a rule of its own. Called over HTTP by the tests; on the HTTP server's threads.
 */
package org.understudy.itests.manager;
