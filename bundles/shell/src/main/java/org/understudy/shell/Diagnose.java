// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.Doctor;

@Service
@Performs(Action.VIEW)
@Command(scope = "understudy", name = "doctor", description = "Check this server and its hosts")
public final class Diagnose extends UnderstudyCommand {
    @Reference
    Doctor doctor;

    @Override
    int run() {
        return answer(doctor.examine(), "No findings.");
    }
}
