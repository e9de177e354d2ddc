// SPDX-License-Identifier: Apache-2.0
// What the switch and its endpoint know of each other.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { ENDPOINT = -1 };

// Hands a frame on to where its receiver is; from is a port's number or ENDPOINT.
void deliver(int from, const uint8_t *frame, size_t size);

double now_ms(void);
void endpoint_hear(const uint8_t *frame, size_t size);

// Counts anew, and pings the address from now on.
void endpoint_watch(const char *address);

// When it wants to be asked for the next ping.
double endpoint_next(void);
void endpoint_ping(void);

// FOLDER/figures gets what was counted.
void endpoint_figures(const char *folder);
