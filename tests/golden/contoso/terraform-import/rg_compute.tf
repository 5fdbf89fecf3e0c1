resource "azurerm_resource_group" "rg_compute" {
  name     = "rg-compute"
  location = "northeurope"
  tags     = local.tags_2
}

resource "azurerm_availability_set" "avail_app" {
  name                         = "avail-app"
  resource_group_name          = azurerm_resource_group.rg_compute.name
  location                     = azurerm_resource_group.rg_compute.location
  tags                         = local.tags
  managed                      = true
  platform_fault_domain_count  = 2
  platform_update_domain_count = 5
}

resource "azurerm_managed_disk" "vm_app_01_data" {
  name                          = "vm-app-01-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_managed_disk" "vm_app_02_data" {
  name                          = "vm-app-02-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_managed_disk" "vm_app_03_data" {
  name                          = "vm-app-03-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_managed_disk" "vm_app_04_data" {
  name                          = "vm-app-04-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_managed_disk" "vm_app_05_data" {
  name                          = "vm-app-05-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_managed_disk" "vm_app_06_data" {
  name                          = "vm-app-06-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_managed_disk" "vm_app_07_data" {
  name                          = "vm-app-07-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_managed_disk" "vm_app_08_data" {
  name                          = "vm-app-08-data"
  resource_group_name           = azurerm_resource_group.rg_compute.name
  location                      = azurerm_resource_group.rg_compute.location
  tags                          = local.tags
  storage_account_type          = "Premium_LRS"
  create_option                 = "Empty"
  disk_size_gb                  = 128
  network_access_policy         = "AllowAll"
  public_network_access_enabled = true
}

resource "azurerm_network_interface" "nic_app_01" {
  name                           = "nic-app-01"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.11"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_01" {
  network_interface_id          = azurerm_network_interface.nic_app_01.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_01" {
  name                = "vm-app-01"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_01.id,
  ]
  availability_set_id             = azurerm_availability_set.avail_app.id
  computer_name                   = "vm-app-01"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-01_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_01" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_01.id
  managed_disk_id    = azurerm_managed_disk.vm_app_01_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_01_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_01.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_network_interface" "nic_app_02" {
  name                           = "nic-app-02"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.12"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_02" {
  network_interface_id          = azurerm_network_interface.nic_app_02.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_02" {
  name                = "vm-app-02"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_02.id,
  ]
  availability_set_id             = azurerm_availability_set.avail_app.id
  computer_name                   = "vm-app-02"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-02_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_02" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_02.id
  managed_disk_id    = azurerm_managed_disk.vm_app_02_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_02_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_02.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_network_interface" "nic_app_03" {
  name                           = "nic-app-03"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.13"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_03" {
  network_interface_id          = azurerm_network_interface.nic_app_03.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_03" {
  name                = "vm-app-03"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  zone                = "1"
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_03.id,
  ]
  computer_name                   = "vm-app-03"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-03_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_03" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_03.id
  managed_disk_id    = azurerm_managed_disk.vm_app_03_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_03_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_03.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_network_interface" "nic_app_04" {
  name                           = "nic-app-04"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.14"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_04" {
  network_interface_id          = azurerm_network_interface.nic_app_04.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_04" {
  name                = "vm-app-04"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  zone                = "2"
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_04.id,
  ]
  computer_name                   = "vm-app-04"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-04_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_04" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_04.id
  managed_disk_id    = azurerm_managed_disk.vm_app_04_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_04_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_04.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_network_interface" "nic_app_05" {
  name                           = "nic-app-05"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.15"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_05" {
  network_interface_id          = azurerm_network_interface.nic_app_05.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_05" {
  name                = "vm-app-05"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  zone                = "3"
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_05.id,
  ]
  computer_name                   = "vm-app-05"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-05_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_05" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_05.id
  managed_disk_id    = azurerm_managed_disk.vm_app_05_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_05_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_05.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_network_interface" "nic_app_06" {
  name                           = "nic-app-06"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.16"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_06" {
  network_interface_id          = azurerm_network_interface.nic_app_06.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_06" {
  name                = "vm-app-06"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  zone                = "1"
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_06.id,
  ]
  computer_name                   = "vm-app-06"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-06_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_06" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_06.id
  managed_disk_id    = azurerm_managed_disk.vm_app_06_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_06_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_06.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_network_interface" "nic_app_07" {
  name                           = "nic-app-07"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.17"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_07" {
  network_interface_id          = azurerm_network_interface.nic_app_07.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_07" {
  name                = "vm-app-07"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  zone                = "2"
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_07.id,
  ]
  computer_name                   = "vm-app-07"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-07_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_07" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_07.id
  managed_disk_id    = azurerm_managed_disk.vm_app_07_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_07_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_07.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_network_interface" "nic_app_08" {
  name                           = "nic-app-08"
  resource_group_name            = azurerm_resource_group.rg_compute.name
  location                       = azurerm_resource_group.rg_compute.location
  tags                           = local.tags
  accelerated_networking_enabled = true
  ip_forwarding_enabled          = false

  ip_configuration {
    name                          = "ipconfig1"
    primary                       = true
    private_ip_address            = "10.1.1.18"
    private_ip_address_allocation = "Dynamic"
    private_ip_address_version    = "IPv4"
    subnet_id                     = azurerm_subnet.vnet_spoke_snet_web.id
  }
}

resource "azurerm_network_interface_application_security_group_association" "nic_app_08" {
  network_interface_id          = azurerm_network_interface.nic_app_08.id
  application_security_group_id = azurerm_application_security_group.asg_web.id
}

resource "azurerm_linux_virtual_machine" "vm_app_08" {
  name                = "vm-app-08"
  resource_group_name = azurerm_resource_group.rg_compute.name
  location            = azurerm_resource_group.rg_compute.location
  tags                = local.tags
  zone                = "3"
  size                = "Standard_D2s_v5"
  network_interface_ids = [
    azurerm_network_interface.nic_app_08.id,
  ]
  computer_name                   = "vm-app-08"
  admin_username                  = "azureuser"
  allow_extension_operations      = true
  disable_password_authentication = true
  provision_vm_agent              = true
  patch_mode                      = "ImageDefault"
  patch_assessment_mode           = "ImageDefault"

  identity {
    type = "SystemAssigned"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    name                 = "vm-app-08_OsDisk_1_0f1e2d3c"
    caching              = "ReadWrite"
    disk_size_gb         = 30
    storage_account_type = "Premium_LRS"
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}

resource "azurerm_virtual_machine_data_disk_attachment" "vm_app_08" {
  virtual_machine_id = azurerm_linux_virtual_machine.vm_app_08.id
  managed_disk_id    = azurerm_managed_disk.vm_app_08_data.id
  lun                = 0
  caching            = "None"
  create_option      = "Attach"
}

resource "azurerm_virtual_machine_extension" "vm_app_08_azuremonitorlinuxagent" {
  virtual_machine_id         = azurerm_linux_virtual_machine.vm_app_08.id
  tags                       = local.tags
  name                       = "AzureMonitorLinuxAgent"
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.0"
  auto_upgrade_minor_version = true
  settings = jsonencode({
    workspace = azurerm_log_analytics_workspace.log_contoso.id
  })
}

resource "azurerm_linux_virtual_machine_scale_set" "vmss_worker" {
  name                            = "vmss-worker"
  resource_group_name             = azurerm_resource_group.rg_compute.name
  location                        = azurerm_resource_group.rg_compute.location
  tags                            = local.tags
  sku                             = "Standard_D2s_v5"
  instances                       = 3
  overprovision                   = false
  single_placement_group          = false
  upgrade_mode                    = "Manual"
  computer_name_prefix            = "worker"
  admin_username                  = "azureuser"
  disable_password_authentication = true
  provision_vm_agent              = false

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
  }

  network_interface {
    name    = "nic"
    primary = true

    ip_configuration {
      name      = "ip"
      primary   = true
      subnet_id = azurerm_subnet.vnet_spoke_snet_web.id
      version   = "IPv4"
      load_balancer_backend_address_pool_ids = [
        azurerm_lb_backend_address_pool.lb_web_pool.id,
      ]
    }
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICFdJFqBDcTGx8KKswDqDor+BLlORZMx4aOWkF0C/TQQ contoso"
  }
}
