// SPDX-License-Identifier: Apache-2.0
/** The {@code understudy} script: refusals and their messages. */
package org.understudy.itests.script;
