/** Tests of the doctor against a made-up host. */
package io.ironclaw.cli.doctor;
