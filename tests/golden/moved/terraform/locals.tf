locals {
  tags = {
    "cost-center" = "4711"
    env           = "prod"
    owner         = "platform@contoso.example"
  }
  tags_2 = {
    env        = "prod"
    expression = "$${var.admin} %%{if true}"
    quote      = "say \"hi\" \\ there"
  }
}
