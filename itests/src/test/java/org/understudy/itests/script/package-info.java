// SPDX-License-Identifier: Apache-2.0
/** The {@code understudy} script: what it refuses, and what it says then. */
package org.understudy.itests.script;
