// SPDX-License-Identifier: Apache-2.0
// The interface between the switch and its endpoint.
#pragma once
#include <stddef.h>
#include <stdint.h>

double now_ms(void);

// Sends a frame from the endpoint into the switch.
typedef void endpoint_sender(const uint8_t *frame, size_t size);
void endpoint_open(endpoint_sender *sender);

void endpoint_receive(const uint8_t *frame, size_t size);

// Resets the counters, and pings the address from now on.
void endpoint_watch(const char *address);

// The time of the next ping.
double endpoint_next(void);
void endpoint_ping(void);

// Writes the counters to FOLDER/figures.
void endpoint_figures(const char *folder);
