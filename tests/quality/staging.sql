-- The tables that the rules on returns read, as the staging models write them: what the rules need, no more.
create schema reference;
create table reference.ref_modalites (liste text, code text, libelle text, rang integer);

create schema preparation;
create table preparation.ctl_identifications (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text,
    nom_cite text,
    arrete_au date, arrete_au_etat text,
    structure_porteuse text, structure_porteuse_etat text,
    type_structure text, type_structure_etat text,
    perimetre text, perimetre_etat text,
    trimestre_debut date, nom_officiel text, nom_ressemblant text, date_arrete_precedente date, jumeau_trimestre text
);
create table preparation.ctl_actions (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text, ligne integer,
    numero integer,
    axe text, axe_etat text,
    type_action text, type_action_etat text, type_action_axe text,
    intitule text, intitule_etat text,
    frein text,
    publics text[], publics_etat text,
    date_debut date,
    date_fin date, date_fin_etat text,
    occurrences integer, occurrences_etat text,
    participants integer, participants_femmes integer, participants_jeunes integer,
    cout_total numeric, cout_cite numeric,
    statut text,
    trimestre_debut date, trimestre_fin date, numero_rang integer, frein_manquant boolean,
    publics_max integer
);
create table preparation.ctl_beneficiaires (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text, ligne integer,
    public text, indicateur text, sexe text, nature text, champ text, colonne integer,
    valeur numeric, valeur_ensemble numeric, valeur_identifies numeric, valeur_precedente numeric,
    trimestre_precedent text, valeur_haute numeric, trimestres_ecoules bigint, touches_trimestre numeric, participants_freins numeric
);
create table preparation.ctl_empreintes (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, tableau text, feuille text,
    reponses_libres integer, valeurs_differentes integer,
    jumelle_trimestre text, ailleurs_territoire text, ailleurs_trimestre text
);
create table preparation.stg_gouvernance (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text, ligne integer,
    question text, colonne integer, valeur_code text, valeur_nombre numeric, valeur_date date
);
create table preparation.stg_instances (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text, ligne integer, instance text,
    reunions bigint
);
create table preparation.stg_partenaires (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text, ligne integer,
    partenaire text, partenaire_etat text, associe text, cofinanceur text, satisfaction smallint
);
create table preparation.stg_elements (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text, ligne integer,
    tableau text, champ text, colonne integer, rang integer, texte text, code text,
    connu boolean, dans_cite boolean, dans_couverts boolean, generation text, generation_attendue text
);
create table preparation.stg_lectures (
    recepisse_id bigint, territoire_id text, trimestre text, millesime text, feuille text, ligne integer,
    tableau text, champ text, colonne integer, texte text, lecture text, type text
);
create table preparation.stg_pactes (
    recepisse_id bigint, feuille text, ligne integer,
    territoire_texte text, territoire_etat text, departement text, departement_texte text, code_contrat text, contrat_texte text,
    date_labellisation date, date_labellisation_etat text
);
create table preparation.stg_corrections (
    recepisse_id bigint, feuille text, ligne integer, defauts text[], piece_absente boolean
);
create table preparation.stg_cellules (recepisse_id bigint, tableau text, ligne integer);
create function preparation.mots(texte text) returns text language sql return lower(btrim(texte));
