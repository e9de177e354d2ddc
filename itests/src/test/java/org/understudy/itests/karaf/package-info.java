// SPDX-License-Identifier: Apache-2.0
/** A real Karaf, started as an admin starts it and used over ssh and HTTP. */
package org.understudy.itests.karaf;
