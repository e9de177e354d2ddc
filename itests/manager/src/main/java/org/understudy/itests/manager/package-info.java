// SPDX-License-Identifier: Apache-2.0
/**
 * A minimal management server in two classes: it uses Understudy before it defines and migrates a VM, receives events, and
 * has a rule of its own. The tests call it over HTTP, on the threads of the HTTP server.
 */
package org.understudy.itests.manager;
