"""What tests of mails begin with."""
